package main

import (
	"bufio"
	"errors"
	"io/fs"
	"os"

	"github.com/rs/zerolog"
)

// run starts what each line names; there are no games here, so that starting one fails. "panic", "fatal" and "exit" end the launcher.
func run(log zerolog.Logger, lines *bufio.Scanner) {
	for lines.Scan() {
		switch name := lines.Text(); name {
		case "panic":
			panic("no such shelf")
		case "fatal":
			log.Fatal().Msg("the display is gone")
		case "exit":
			return
		default:
			log.Info().Str("game", name).Msg("starting")
			if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
				log.Error().Err(err).Str("game", name).Msg("no such game")
			}
		}
	}
}
