package formats

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/krunk-go/krunk/krunk"
)

const state = "state"

func formats(c *krunk.Client, net *krunk.Channel, n int, name string, err error, at time.Time, d time.Duration) {
	net.Info(fmt.Sprintf("packet %d lost", n))                                                      // want `fmt.Sprintf makes a message that holds a value, and events are grouped by their message: write a constant, and put the value into an attribute`
	net.Log(krunk.LevelWarn, fmt.Sprint("lost ", n))                                                // want `fmt.Sprint makes a message that holds a value`
	net.Warn("lost " + name)                                                                        // want `this message holds a value, and events are grouped by their message`
	net.Error(strconv.Itoa(n))                                                                      // want `strconv.Itoa makes a message that holds a value`
	net.Error(err.Error())                                                                          // want `the message is the text of an error: call Report\(err\), which keeps its chain and groups by its type`
	net.Info("lost", krunk.String("seq", strconv.Itoa(n)))                                          // want `strconv.Itoa formats before the threshold is asked, whether the record is wanted or not: hand the value over by krunk.Int`
	net.Report(err, krunk.String("at", at.Format(time.RFC3339)), krunk.String("after", d.String())) // want `Time.Format formats before .* by krunk.Time` `Duration.String formats before .* by krunk.Duration`
	c.Report(err, krunk.Any("what", fmt.Sprintf("%v", n)))                                          // want `fmt.Sprintf formats before .* one for each, or krunk.Any`
	defer net.Recover(krunk.String("name", fmt.Sprint(n)))                                          // want `fmt.Sprint formats before`
	net.Debug("lost",
		krunk.Int("seq", n),
		krunk.String("name", "a "+fmt.Sprintln(n)), // want `fmt.Sprintln formats before`
	)
	if net.Enabled(krunk.LevelDebug) {
		net.Debug("now "+name, krunk.String("state", fmt.Sprintf("%v", c))) // want `this message holds a value`
	} else {
		net.Info("lost", krunk.String("state", fmt.Sprintf("%v", c))) // want `fmt.Sprintf formats before`
	}
}

func plain(c *krunk.Client, net *krunk.Channel, n int, name string, err error) {
	net.Info("packet lost", krunk.Int("seq", n), krunk.String("name", name), krunk.String("joined", "a "+name))
	net.Info("packet " + state + " lost")
	net.Info(name)
	net.Report(fmt.Errorf("loading %s: %w", name, err))
	net.Report(errors.New("lost"), krunk.Group(fmt.Sprintf("load %s", name)))
	net.With(krunk.String("match", fmt.Sprint(n))).Info("packet lost")
	c.SetTag("level", strconv.Itoa(n))
	if n > 0 && net.Enabled(krunk.LevelDebug) {
		if n > 1 {
			net.Debug("state", krunk.String("state", fmt.Sprintf("%v", c)))
		}
	}
	fmt.Println(fmt.Sprintf("%d", n))
}
