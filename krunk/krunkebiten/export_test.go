package krunkebiten

import "time"

// PatientShots is Shots on a machine with much to do, whose engine may take its time to answer.
func PatientShots(width int) Screenshot { return shotsWithin(width, time.Minute) }
