module github.com/krunk-go/krunk/examples/logbridge

go 1.25.8

require (
	charm.land/log/v2 v2.0.1
	github.com/go-logr/logr v1.4.4
	github.com/krunk-go/krunk v0.0.0
	github.com/krunk-go/krunk/krunk/krunklogr v0.0.0
	github.com/krunk-go/krunk/krunk/krunklogrus v0.0.0
	github.com/krunk-go/krunk/krunk/krunkzap v0.0.0
	github.com/krunk-go/krunk/krunk/krunkzerolog v0.0.0
	github.com/rs/zerolog v1.35.1
	github.com/sirupsen/logrus v1.10.2
	go.uber.org/zap v1.28.0
)

require (
	charm.land/lipgloss/v2 v2.0.5 // indirect
	github.com/charmbracelet/colorprofile v0.4.3 // indirect
	github.com/charmbracelet/ultraviolet v0.0.0-20251205161215-1948445e3318 // indirect
	github.com/charmbracelet/x/ansi v0.11.7 // indirect
	github.com/charmbracelet/x/term v0.2.2 // indirect
	github.com/charmbracelet/x/termios v0.1.1 // indirect
	github.com/charmbracelet/x/windows v0.2.2 // indirect
	github.com/clipperhouse/displaywidth v0.11.0 // indirect
	github.com/clipperhouse/uax29/v2 v2.7.0 // indirect
	github.com/go-logfmt/logfmt v0.6.1 // indirect
	github.com/goccy/go-json v0.12.0 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/lucasb-eyer/go-colorful v1.4.0 // indirect
	github.com/mattn/go-colorable v0.1.14 // indirect
	github.com/mattn/go-isatty v0.0.20 // indirect
	github.com/mattn/go-runewidth v0.0.23 // indirect
	github.com/muesli/cancelreader v0.2.2 // indirect
	github.com/rivo/uniseg v0.4.7 // indirect
	github.com/xo/terminfo v0.0.0-20220910002029-abceb7e1c41e // indirect
	go.uber.org/multierr v1.10.0 // indirect
	golang.org/x/exp v0.0.0-20231006140011-7918f672742d // indirect
	golang.org/x/sync v0.18.0 // indirect
	golang.org/x/sys v0.46.0 // indirect
)

replace (
	github.com/krunk-go/krunk => ../..
	github.com/krunk-go/krunk/krunk/krunklogr => ../../krunk/krunklogr
	github.com/krunk-go/krunk/krunk/krunklogrus => ../../krunk/krunklogrus
	github.com/krunk-go/krunk/krunk/krunkzap => ../../krunk/krunkzap
	github.com/krunk-go/krunk/krunk/krunkzerolog => ../../krunk/krunkzerolog
)
