package plan

// MaxProblems is how many problems of one document are told.
const MaxProblems = 20

// Kind is what is wrong; package policy has the words, which only a publisher links.
type Kind uint8

// What may be wrong.
const (
	KSyntax Kind = iota + 1
	KTwice
	KMore
	KDepth
	KUTF8
	KShape
	KSize
	KFormat
	KVersion
	KEpoch
	KMissing
	KTime
	KExpires
	KUntil
	KPercent
	KFine
	KLevel
	KOrder
	KChannel
	KCovered
	KRate
	KBurst
	KFirst
	KSpan
	KBy
	KSalt
	KRuleID
	KRuleTwice
	KWhen
	KCondition
	KList
	KRange
	KForever
	KLong
	KUnknown
	KCount
	KHash
	KPanics
	KFraction
	KNoEffect
	KShadowed
	KNoChannel
	KReshuffle
	KFrom
	KRampAlone
	KRampStep
	KRampCount
	KRampOrder
	KRampDown
	KLate
	KKind
	KKindEnd
	KKindWhat
	KMuteLong
	KPullID
	KPullEnd
	KPullWho
	KPullPlain
	KPullMany
	KPullBytes
	KPullLong
	KRaiseWhat
	KRaiseWide
	KRaiseThin
	KPullHash
	KShared
	kEnd // number of kinds
)

// codes are the rows of the validation table, by kind.
const codes = "   " + "E01E01E01E01E01E01E01" + "E02" + "E03E03E03" + "E04E04E04" + "E05E05" + "E06E06" + "E07E07" + "E08E08E08E08" + "E09" + "E10" +
	"E11E11" + "E12E12E12" + "E13" + "E14E14" + "E15" + "E16" + "E17" + "E18" + "E05" + "W01" + "W02W02" + "W03" + "E04" + "E19E19E19E19E19E19" + "E20E20E20E20" + "E21E21E21E21E21E21E21" + "E20" + "W04W04" + "E21" + "W05"

// Code is the row of the validation table.
func (k Kind) Code() string { return codes[3*int(k) : 3*int(k)+3] }

// fatal reports whether a client rejects a policy for it; the others cost a rule or nothing.
func (k Kind) fatal() bool {
	switch k {
	case KWhen, KCondition, KList, KRange, KForever, KLong, KUnknown, KPanics, KFraction, KNoEffect, KShadowed, KNoChannel, KReshuffle, KLate, KMuteLong, KPullID, KPullEnd, KPullWho, KPullPlain, KPullMany, KPullBytes, KPullLong, KRaiseWide, KRaiseThin, KPullHash, KShared:
		return false
	}
	return true
}

// Problem is one finding in a document. A client notes no words: what somebody wrote is read once more where it stands.
type Problem struct {
	Kind      Kind
	Path      string
	At        int    // offset of a value, or of the key before it
	N         int    // what the document does not say by itself: how many, or what was to be there; see Expected
	Arg, More string // for package policy
}

// Expected is what stands in Problem.N for a syntax error; for a value of another shape it is how the one begins that was to be there.
type Expected int

// What may be missing.
const (
	AValue Expected = iota
	AColon
	ACommaInObject
	ACommaInList
	AString
	AQuote
	ANumber
	AnEscape
	NoControl
)

// Fault is why a client keeps its policy: the first fatal problem. The zero Fault is none.
type Fault struct {
	_     [0]func() // see Fields
	Newer bool      // the format is newer than this program
	Code  string    // empty for none
	Path  string
	At    int
	Also  int // further fatal problems
}
