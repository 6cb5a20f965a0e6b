package policy

// WithheldBy is Withheld by what was withheld.
func (c *Channel) WithheldBy() (events, logs uint64) {
	d := c.state.Dropped()
	return d.LimitedEvents + d.LimitedBoth, d.LimitedRecords + d.LimitedBoth
}
