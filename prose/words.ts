import type { TextKind } from './text-of-source.ts'

/** A word that this project does not use, and the words to use instead. */
export interface WordRule {
  /** Matches the word and its forms, whole words only, in any case. White space matches a line break too. */
  readonly pattern: RegExp
  /** The words to choose from. */
  readonly instead: string
  /** Kinds of text in which the word is reported. @default every kind but identifiers */
  readonly kinds?: readonly TextKind[]
}

const word = (source: string, instead: string, kinds?: readonly TextKind[]): WordRule => ({
  pattern: new RegExp(`(?<![\\w-])(?:${source.replaceAll(' ', String.raw`\s+`)})(?![\\w])`, 'gi'),
  instead,
  ...(kinds && { kinds }),
})

/** Follows "is over" where "over" means "more than", "by" or "across". */
const notAPreposition = String.raw`(?! (?:\d|[$#]|(?:the|a|an|as|its|this|that|all|each|every|which|some|HTTPS?|TLS|OTLP|TCP|gRPC|IPv\d|half|one|two|ten)\b))`

/** Words in prose: Markdown, comments, strings that people see, and test titles. */
export const words: readonly WordRule[] = [
  // `told` is a table of the bridge
  word(
    'tell|tells|telling|(?<!(?:FROM|INTO|UPDATE|TABLE) )told(?!\\.\\w)',
    'notify, report, log, print, warn, describe (tell apart: distinguish)',
  ),
  word('say|says|saying|said', 'report, state, show, print, mention, describe'),
  word('aloud', 'in the log, visibly'),
  word('hear|hears|hearing|heard', 'receive, be notified'),
  word('(?:give|gives|gave|giving)(?! (?:up|way)\\b)', 'return, provide, set, pass'),
  word('(?:stand|stands|stood|standing)(?![- ](?:for|alone|by)\\b)', 'be in, contain, run alongside, remain'),
  word('somebody', 'someone, the on-call engineer'),
  word('nobody', 'no one'),
  word('anybody', 'anyone'),
  word('everybody', 'everyone'),
  word('whoever', 'any caller, the one that'),
  word('(?:to|by|reach|reaches|reached|notify|notifies|wake|wakes) people', 'recipients, the on-call engineer'),
  word(`(?:is|are|was|were|be|been) over${notAPreposition}`, 'has ended, is resolved, has passed'),
  word('for good', 'permanently'),
  word('on end', 'without a break, for 2 minutes'),
  word('anew', 'again'),
  word('mend|mends|mended|mending', 'fix, repair'),
  word('dearer', 'more expensive'),
  word('in vain', 'without effect, without success'),
  word('so many(?! \\w+ that\\b)', 'at most N, that number of'),
  word('so much(?! \\w+ that\\b)', 'at most N, that amount of'),
  word('fold|folds|folded|folding', 'merge, combine'),
  word('(?:pile|piles|piled)(?! up\\b)', 'batch, backlog'),
  word('lane|lanes', 'channel queue'),
  word('kit|kits', 'test helper, test telemetry'),
  word('(?<!hello )(?<!real )world|worlds', 'environment, or the thing itself'),
  word('pace|paces|paced', 'rate, speed, interval'),
  word('teller|tellers', 'reporter'),
  word('odd(?! (?:number|numbers|and even)\\b)', 'invalid, unusual'),
  word('beside', 'alongside, next to, in addition to'),
  word('lest', 'so that ... not'),
  word('shall', 'must, will'),
  word('ought', 'should'),
  word('thereof|whence|thereby|thereupon|hitherto|asunder', 'a plain word'),
  word('the very (?:same|object|next|one|first)', 'the same, the first'),
  word('rim', 'edge'),
  word('spoil|spoils|spoiled', 'break, corrupt, distort'),
  word('heed|heeds|heeded', 'respect, follow'),
  word('of late|lately', 'recently'),
  word('under way', 'in progress'),
  word('seldom', 'rarely'),
  word('log-ins?', 'login'),
  word('betimes|ere', 'early, before'),
  {
    pattern: /(?<=^\s*)(?:What|Who|Whose|Whoever|Whatever)(?=\s)/g,
    instead: 'a noun, for example "Options for ..." or "Result of ..."',
    kinds: ['doc comment'],
  },
]

/** Parts of names that the code declares, and parts of file names. */
export const identifierWords: ReadonlyMap<string, string> = new Map(
  Object.entries({
    tell: 'report, notify, log',
    tells: 'reports, notifies, logs',
    telling: 'reporting',
    told: 'reported, notified',
    say: 'report, print',
    says: 'reports, prints',
    said: 'reported, printed',
    aloud: 'logged',
    hear: 'receive',
    hears: 'receives',
    heard: 'received',
    gives: 'returns',
    stand: 'fixture, environment',
    stands: 'is, contains',
    nobody: 'no one, none',
    somebody: 'someone',
    whoever: 'caller',
    anew: 'again',
    mend: 'fix, repair',
    mended: 'fixed, repaired',
    dearer: 'more expensive',
    fold: 'merge',
    folded: 'merged',
    pile: 'batch',
    piles: 'batches',
    lane: 'queue',
    lanes: 'queues',
    kit: 'test helper',
    world: 'environment',
    pace: 'rate, interval',
    teller: 'reporter',
    odd: 'invalid',
  }),
)
