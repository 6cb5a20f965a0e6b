// Package browsertest plays examples/web in a real Chromium and looks at what arrives. It is a module of its own, so that nobody who
// uses Krunk fetches a browser's driver.
package browsertest
