// No message promises what nobody does: each that says that something goes on, is retried or is done later by itself names the test that plays it.
// Whoever writes another is asked for one.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'
import { repository } from '../e2e/spawned.ts'

const PROMISE =
  /\b(?:will be (?:re)?tried|(?:is|are) retried|retries it|next sweep|the sweep (?!fails|is|has)\w+|by itself|(?<!may )go(?:es)? on\b|continues\b|(?:revokes|started|sweep) continue\b|(?<!may be )(?:tries|asks|tried|asked) (?:it )?(?:again|anew|once more)|follows once|within (?:\w+ )?(?:minutes|hours))/i

/** Where the test that plays it stands, and what it is called. */
type Holder = readonly [file: string, name: string]

const SWEEP = 'test/core/sweep/sweep.test.ts'
const DRIVEN: Holder = [SWEEP, 'is driven again from its beginning, and settled at once']
const RETRIED: Holder = [
  'test/local/aws/rotation.test.ts',
  'is driven again from createSecret with the same token when a step fails',
]
const REDELIVERED: Holder = [
  'test/local/aws/bus-rules.test.ts',
  'has a function that fails tried again, and keeps what was never done',
]
const CONFIRMED: Holder = [
  'test/core/sweep/owed-proofs.test.ts',
  'has a missing proof made, and confirmed by a later one, and then leaves it',
]
const CHECKED: Holder = [
  'test/core/sweep/check-fleet.test.ts',
  'more than one sweep takes are counted, and the next sweeps ask about the others',
]
const RESUMED: Holder = [
  'test/core/campaign/control.test.ts',
  'begins nothing further until it is over, and then goes on where it was',
]
const REPEATED: Holder = [
  'test/e2e/m2m-campaign.long.test.ts',
  'repeat begins an execution of its own under the same id, each time, and does what was not done',
]
const JOINED: Holder = [
  'test/e2e/m2m-incident-repeated.long.test.ts',
  'tries anew what failed, %s, once its cause is fixed',
]
const WATCHED: Holder = [
  'test/e2e/m2m-incident-watch.long.test.ts',
  'while Stytch is down it says so; interrupted, it says what goes on; and the revoke ends when Stytch is back',
]
const THAWED: Holder = [SWEEP, 'that is lifted, the next sweep goes on']
const RELEASED: Holder = ['test/core/sweep/due.test.ts', 'a secret on hold is left alone, and so is one in a freeze']
const SETTLED: Holder = ['test/core/sweep/due.test.ts', 'a revoke is settled at once']
const IN_SYNC: Holder = [
  SWEEP,
  'settles nothing while a replica is not in sync, reports one that failed, and settles once it is',
]
const ADOPTED: Holder = [
  'test/core/sweep/await-adoption.test.ts',
  'is waited for, with those who are behind by name, until the overlap and the wait are over',
]

const STOPPED_IN_GRACE: Holder = [
  'test/core/incident/notices.test.ts',
  'with a grace, stopped in it: what leaked of each stays accepted, until the sweep',
]
const DELAYED: Holder = [
  'test/core/incident/notices.test.ts',
  'that begins before anybody knows whom it is about is mailed: begun, delayed, ended',
]

/** Which promise is whose, by what it says. */
const PUBLISHED: Holder = [
  'test/core/sweep/publish-list.test.ts',
  'names who was revoked within the hour and who is refused, beside what others wrote',
]
const HELD: readonly (readonly [RegExp, Holder])[] = [
  [/list of revocations was not written: /, PUBLISHED],
  [/list of revocations could not be written, and the next sweep writes it/, PUBLISHED],
  [/the step (is|will be) retried/, RETRIED],
  [/the event will be tried again/, REDELIVERED],
  [/planned rotations wait, and are retried/, THAWED],
  [/did not run .* the next sweep retries/, DRIVEN],
  [/to drive the stuck rotation .* the next sweep does/, DRIVEN],
  [/a rotation is stuck; the sweep drives it on/, DRIVEN],
  [/wait for the next sweep; docs\/runbook\.md, "Rotation stuck"/, DRIVEN],
  [/should be refused|is still refused: .* the next sweep retries/, CONFIRMED],
  [/m2m freeze off lets the next sweep continue/, THAWED],
  [
    /The sweep ends that, also while rotation is off|once the sweep has ended what is stuck/,
    ['test/e2e/cancelled-rotation.long.test.ts', 'has one that stored no value cleared'],
  ],
  [
    /m2m release .* lets the next sweep continue|the sweep leaves it while it is held|end a hold; the next sweep/,
    RELEASED,
  ],
  [
    /ends it within two minutes, if its value may have leaked/,
    ['test/e2e/states.long.test.ts', 'a rotation is stuck, since its function was killed'],
  ],
  [/the sweep (makes it again|tries it once more|confirms it)/i, CONFIRMED],
  [/the next sweep (retries|checks each)/, CHECKED],
  [/rotations that have started continue, and the sweep settles them/, SETTLED],
  [/the incident function continues without you|It continues by itself when that is over/, WATCHED],
  [/tries anew what failed/, JOINED],
  [/continues within five minutes|go on with what was paused/, RESUMED],
  [/not done is retried/, REPEATED],
  [
    /the proof follows once it is active/,
    [
      'test/core/rotation/inactive-client.test.ts',
      'are proven once the client is active, when the leaked value is not accepted',
    ],
  ],
  [
    /nothing further begins, and it reports/,
    ['test/core/campaign/control.test.ts', 'while overlaps are waited for is noticed within half an hour'],
  ],
  [/the next sweep does what is due/, RELEASED],
  [
    /stop rotations of the stage|revokes continue/,
    ['test/e2e/sweep.test.ts', 'of everything stops that, too; lifted, all goes on'],
  ],
  [/It is retried once the Region|goes on: a replica does not/, IN_SYNC],
  [/has not read the new one yet. It is retried|goes on: not everybody/, ADOPTED],
  [
    /A revoke leaves out the largest by itself/,
    [
      'test/core/rotation/unreadable-current.test.ts',
      'is stored without the largest of its owner’s fields by a revoke',
    ],
  ],
  [/STAYS ACCEPTED.* when the sweep ends it/, STOPPED_IN_GRACE],
  [
    /is delayed: .* A campaign continues by itself|is retried; .* or a notice of delay|A campaign continues with/,
    DELAYED,
  ],
  [/campaigns go on as before/, ['test/core/campaign/control.test.ts', 'changes nothing: what held before holds on']],
]

interface Message {
  readonly file: string
  readonly text: string
}

const messagesIn = (file: string): readonly Message[] => {
  const whole = readFileSync(join(repository, file), 'utf8')
  if (!PROMISE.test(whole)) return []
  const source = ts.createSourceFile(file, whole, ts.ScriptTarget.Latest)
  const found: Message[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) found.push({ file, text: node.text })
    if (ts.isTemplateExpression(node)) found.push({ file, text: node.getText(source).slice(1, -1) })
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found.filter(({ text }) => text.includes(' ') && PROMISE.test(text))
}

const promises = (): readonly Message[] =>
  globSync('{bin,lambda}/**/*.ts', { cwd: repository })
    .filter((file) => !file.startsWith('lambda/local/'))
    .flatMap(messagesIn)

test('every promise in a message is held by a test', () => {
  const loose = promises().filter(({ text }) => !HELD.some(([says]) => says.test(text)))

  expect(loose).toEqual([])
})

test('every entry is still somebody’s promise', () => {
  const said = promises().map(({ text }) => text)

  expect(HELD.filter(([says]) => !said.some((text) => says.test(text))).map(([says]) => `${says}`)).toEqual([])
})

describe('the tests that hold them are there', () => {
  test.each(HELD.map(([, [file, name]]) => [file, name] as const))('%s: %s', (file, name) => {
    expect(readFileSync(join(repository, file), 'utf8').replaceAll("\\'", "'")).toContain(name)
  })
})

test.each(['the report will be retried', 'it goes on by itself', 'the next sweep repairs it', 'the sweep deletes it'])(
  'is recognised: %s',
  (text) => {
    expect(PROMISE.test(text)).toBe(true)
    expect(HELD.some(([says]) => says.test(text))).toBe(false)
  },
)
