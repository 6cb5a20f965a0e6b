// Package policy is for who writes, checks and publishes policies: strict reading with words for people, differences,
// explanations, predictions and simulated clients. A game links none of it; package sampling is what a game needs.
package policy
