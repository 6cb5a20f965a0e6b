// Package krunkebiten reports the panics, hangs and slow frames of a game made with Ebitengine. The engine calls a game in a goroutine
// of its own, where `defer client.Repanic()` in main sees nothing; this package stands between the two.
//
//	func main() {
//		client, err := krunk.Start(krunk.Config{DSN: dsn, Transport: nethttp.Default()})
//		if err != nil {
//			log.Fatal(err)
//		}
//		defer client.Close(2 * time.Second)
//		if err := krunkebiten.Run(&game{}, client, nil); err != nil { // instead of ebiten.RunGame(&game{})
//			log.Fatal(err)
//		}
//	}
//
// What the game starts with client.Go is reported as well. A panic in a goroutine that was started by a bare go statement kills the
// program before anybody can look; Krunk's run file tells of it at the next start.
package krunkebiten

import (
	"errors"
	"time"

	"github.com/hajimehoshi/ebiten/v2"

	"github.com/krunk-go/krunk/krunk"
)

// Options are the options of Run and Wrap; nil and the zero value mean the defaults.
type Options struct {
	// GoOn is called after a panic in the game's code was reported, with the event's id (zero where the panic was one of too many of
	// its kind), on the goroutine of the game; then the game goes on with its next tick or frame. A game may show id.SupportCode()
	// there. Nil: a panic is reported, waits Config.Panics.Wait for its delivery, and kills the program as it would have.
	GoOn func(id krunk.EventID)
	// Engine is what Run gives to ebiten.RunGameWithOptions. Nil: the engine's defaults. Wrap does not look at it.
	Engine *ebiten.RunGameOptions
	// Screenshot makes a picture of what was drawn last travel with fatal events: krunkebiten.Shots(320). Zero: none is taken.
	Screenshot Screenshot
}

// delivery is how long an error that ends the game may take to be delivered: what follows is often log.Fatal.
const delivery = 2 * time.Second

// Run is ebiten.RunGameWithOptions(Wrap(game, client, opts), opts.Engine). It also reports an error of the engine itself, such as a
// driver without OpenGL, and waits up to 2 s for its delivery. Call it in main, as RunGame.
func Run(game ebiten.Game, client *krunk.Client, opts *Options) error {
	g := wrap(game, client, opts)
	var engine *ebiten.RunGameOptions
	if opts != nil {
		engine = opts.Engine
	}
	err := ebiten.RunGameWithOptions(g.face(), engine)
	g.end()
	if err != nil && !errors.Is(err, g.failure) {
		g.fail(err)
	}
	return err
}

// Wrap returns a game that does what game does, LayoutF and DrawFinalScreen too where game has them, for programs that call
// ebiten.RunGame or mobile.SetGame themselves:
//
//   - A panic in Update, Draw, Layout, LayoutF or DrawFinalScreen is reported; see Options.GoOn. A frame that is dropped in Layout gets
//     the size of the one before it.
//   - Every tick is a Client.Beat, so Config.Frames says what a hang and a slow frame are. While the engine itself waits, for a window in
//     the background, a hidden tab or a closed game, there is none: the client is told by Client.Foreground where the player cannot see the
//     game then, and by Pause and Resume elsewhere.
//   - An error from Update that is not ebiten.Termination ends the game: it is reported, and Update waits up to 2 s for its delivery.
//   - Events carry the context "ebitengine": graphics library, TPS, FPS, window, monitor, focus, as of a second ago.
//
// A frame costs less than a microsecond and allocates nothing. A nil client reports nothing, and the game behaves the same.
func Wrap(game ebiten.Game, client *krunk.Client, opts *Options) ebiten.Game {
	return wrap(game, client, opts).face()
}
