// Package browsertest drives the control page of policyserver in a real browser. It is a module of its own, so that nobody
// else depends on the driver.
package browsertest
