// The report on an incident: proven is what is signed and fits, what is not it does not claim, and the same objects make the same report, to
// the byte, in whatever order they came.
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ok, refused } from '../../../lambda/core/base/result.ts'
import type { ArchivedEvent } from '../../../lambda/core/incident/archived-event.ts'
import { type IncidentClient, incidentCompleted } from '../../../lambda/core/incident/incident-completed.ts'
import { incidentMarkdown } from '../../../lambda/core/incident/incident-markdown.ts'
import { buildIncidentReport, type IncidentFacts } from '../../../lambda/core/incident/incident-report.ts'
import type { StoredProof } from '../../../lambda/core/incident/read-proofs.ts'
import { makeRequestToken } from '../../../lambda/core/secret/request-token.ts'
import {
  archived,
  arnOf,
  evidence,
  leakEvent,
  NAME,
  NOON,
  refusedEvent,
  revokedEvent,
  revokeToken,
  settledEvent,
  settleTokenOf,
} from '../../fakes/envelopes.ts'
import { proofPayload, storedProof } from '../../fakes/incident-proofs.ts'

const SHOP = 'm2m/prod/shop'
/** Of the same incident, under another ARN. */
const tokenOf = (secretArn: string): string =>
  makeRequestToken({ origin: 'revoke', askedAt: NOON, secretArn, about: 'INC-42', attempt: 1 })
const completed = (...clients: readonly IncidentClient[]): readonly ArchivedEvent[] =>
  incidentCompleted({ incidentId: 'INC-42', at: NOON + 5000, clients }).map(({ type, detail }) =>
    archived(type, detail, { source: 'm2m.incident' }),
  )
const billing: IncidentClient = {
  secretArn: arnOf(NAME),
  secretName: NAME,
  clientId: 'client-of-billing',
  outcome: 'revoked',
  requestTokens: [revokeToken()],
}
/** Of one secret. */
const proofsOf = (...stored: readonly StoredProof[]): ReadonlyMap<string, readonly StoredProof[]> =>
  new Map([[NAME, stored]])
const factsOf = (facts: Partial<IncidentFacts> = {}): IncidentFacts => ({
  incidentId: 'INC-42',
  said: [leakEvent(), ...completed(billing)],
  published: [revokedEvent(revokeToken()), settledEvent(revokeToken())],
  secretNames: [NAME],
  proofs: proofsOf(storedProof(revokeToken())),
  ...facts,
})
const report = (facts: Partial<IncidentFacts> = {}) => buildIncidentReport(factsOf(facts))
const onlyClient = (facts: Partial<IncidentFacts> = {}) => {
  const { clients } = report(facts)
  expect(clients).toHaveLength(1)
  return clients[0]
}

describe('a client that was dead already', () => {
  const gone = { ...billing, outcome: 'deadAlready' as const, requestTokens: [], why: 'Stytch knows no such client' }
  const facts = { said: [leakEvent(), ...completed(gone)], published: [], secretNames: [NAME], proofs: new Map() }

  test('is reported as that, and not proven, since nothing of it is signed', () => {
    const why = expect.stringMatching(/^Stytch knows no such client: so it is reported, and nothing was rotated/)

    expect(report(facts)).toMatchObject({
      outcome: 'notProven',
      clients: [{ outcome: 'deadAlready', proof: null }],
      proven: [],
      unproven: [{ what: NAME, why }],
    })
    expect(incidentMarkdown(report(facts))).toContain('reported as refused before anything was rotated')
  })

  test('and another that is not proven leave that one open', () => {
    const other = { ...billing, secretName: SHOP, secretArn: arnOf(SHOP), outcome: 'failed' as const, why: 'stuck' }

    expect(report({ ...facts, said: [leakEvent(), ...completed(gone, other)] }).outcome).toBe('notProven')
  })
})

describe('an incident that is proven', () => {
  test('says who asked, why, what is refused, what is accepted, how long it took and what may still live', () => {
    expect(report()).toEqual({
      version: 1,
      incidentId: 'INC-42',
      outcome: 'proven',
      reported: [
        {
          at: '2026-03-10T12:34:56Z',
          source: 'm2m.security',
          requestedBy: 'alice',
          reason: 'found in a public repository',
          selector: { secretNames: [NAME] },
        },
      ],
      notes: [],
      clients: [
        {
          secretName: NAME,
          secretArn: arnOf(NAME),
          clientId: 'client-of-billing',
          outcome: 'proven',
          proof: {
            key: storedProof(revokeToken()).key,
            signed: true,
            at: '2026-03-10T12:34:58.800Z',
            refusals: 3,
            firstRefusedAt: '2026-03-10T12:34:58.600Z',
            revokeToken: revokeToken(),
            requestToken: settleTokenOf(revokeToken()),
            confirmed: false,
            refused: proofPayload(revokeToken()).refused,
            accepted: evidence.accepted,
            slots: evidence.slots,
            // 2.8 s, and the bus knows full seconds only.
            secondsToProof: 3,
            mintedTokensEndBy: '2026-03-10T13:34:58.800Z',
          },
          failures: [],
          advice: null,
        },
      ],
      proven: [NAME],
      unproven: [],
      ignored: [],
    })
  })

  test('counts to the signature, and an hour from there; a later proof confirms it', () => {
    const proofs = proofsOf(
      storedProof(revokeToken(), { at: NOON + 9000 }),
      storedProof(revokeToken(), { at: NOON + 90_000, n: 2 }),
    )

    expect(onlyClient({ proofs })?.proof).toMatchObject({
      key: storedProof(revokeToken()).key,
      secondsToProof: 9,
      mintedTokensEndBy: '2026-03-10T13:35:05.000Z',
      refusals: 6,
      confirmed: true,
    })
  })

  test('by two reports counts from the first, and shows both', () => {
    const said = [leakEvent({ reason: 'again' }, { time: '2026-03-10T12:34:57Z' }), leakEvent(), ...completed(billing)]

    const { reported, clients } = report({ said })
    expect(reported.map(({ reason }) => reason)).toEqual(['found in a public repository', 'again'])
    expect(clients[0]?.proof?.secondsToProof).toBe(3)
  })

  test('without a report on the bus has no time to count from', () => {
    expect(onlyClient({ said: [] })).toMatchObject({ outcome: 'proven', proof: { secondsToProof: null } })
  })

  test('needs no word of any event: the proof says whose it is', () => {
    expect(onlyClient({ said: [leakEvent()], published: [] })).toMatchObject({
      outcome: 'proven',
      secretArn: arnOf(NAME),
      clientId: 'client-of-billing',
    })
  })

  test('takes the newest proof of several', () => {
    const second = storedProof(revokeToken({ attempt: 2 }), { at: NOON + 60_000 })

    expect(onlyClient({ proofs: proofsOf(second, storedProof(revokeToken())) })?.proof?.at).toBe(
      '2026-03-10T12:35:56.000Z',
    )
  })

  test('after a grace is proven by the settle that ends it', () => {
    const subject = { askedAt: NOON, secretArn: arnOf(NAME), about: 'INC-42', attempt: 1 }
    const rotated = makeRequestToken({ origin: 'rotate', ...subject })
    const { accepted: _, ...payload } = proofPayload(rotated)
    const proofs = proofsOf({ ...storedProof(rotated), proof: ok(payload) })

    expect(onlyClient({ said: [leakEvent({ graceSeconds: 900 })], published: [], proofs })).toMatchObject({
      outcome: 'proven',
      proof: { accepted: null, revokeToken: rotated },
    })
  })

  test('is proven whatever else lies in the archive, which is named', () => {
    const foreign = [archived('Secret Revoked', {}, { source: 'm2m.security' })]
    const refusal = 'its signature is not that of the trusted key'
    const forged = { ...storedProof(revokeToken(), { n: 2 }), proof: refused(refusal) }

    expect(report({ foreign, proofs: proofsOf(forged, storedProof(revokeToken())) })).toMatchObject({
      outcome: 'proven',
      unproven: [],
      ignored: [
        { what: 'Secret Revoked, from m2m.security', why: 'only m2m.rotation publishes that' },
        { what: forged.key, why: refusal },
      ],
    })
  })
})

describe('what does not prove anything', () => {
  const claims = { said: [leakEvent(), ...completed(billing)] }

  test.each<[string, readonly StoredProof[], RegExp]>([
    ['an event, and no proof', [], /^it is reported as revoked, and no signed proof of that fits; m2m incident prove/],
    [
      "another incident's proof",
      [storedProof(revokeToken({ incidentId: 'INC-43' }))],
      /^it is reported as revoked, and no signed proof/,
    ],
    [
      "another incident's proof, although the end names its token",
      [storedProof(revokeToken({ incidentId: 'INC-43' }))],
      /no signed proof of that fits/,
    ],
    [
      'a proof that is not valid',
      [{ ...storedProof(revokeToken()), proof: refused('it is about another revoke') }],
      /no signed proof of that fits/,
    ],
    [
      'a proof about another client',
      [storedProof(revokeToken(), { payload: { clientId: 'client-of-shop' } })],
      /^the stored proof is about client client-of-shop, and the incident about client-of-billing$/,
    ],
    [
      'a proof under the ARN of a former secret of the name',
      [storedProof(tokenOf(`${arnOf(NAME)}x`), { payload: { secretArn: `${arnOf(NAME)}x` } })],
      /^the stored proof is about arn:.*x, and the incident about arn:/,
    ],
  ])('%s', (_what, stored, why) => {
    const replayed = { ...billing, requestTokens: [revokeToken(), revokeToken({ incidentId: 'INC-43' })] }
    const found = report({ said: [...claims.said, ...completed(replayed)], proofs: proofsOf(...stored) })

    expect(found).toMatchObject({ outcome: 'notProven', proven: [], clients: [{ outcome: 'notProven', proof: null }] })
    expect(found.unproven).toEqual([{ what: NAME, why: expect.stringMatching(why) }])
    expect(incidentMarkdown(found)).not.toMatch(/\*\*Proven/)
  })

  test('an earlier revoke of the same incident, when a later switch of it is reported', () => {
    const again = revokeToken({ attempt: 2, askedAt: NOON + 60_000 })
    const detail = { id: 'switched-0001', secretArn: arnOf(NAME), secretName: NAME, requestToken: again }
    const published = [archived('Rotation Completed', detail)]

    expect(onlyClient({ published })).toMatchObject({
      outcome: 'notProven',
      advice: `its later switch ${again} is not proven, only ${revokeToken()}`,
    })
  })

  test('a proof that is older than the first report: its token was made for an incident to come', () => {
    const late = '2026-03-10T14:00:00Z'
    const said = [leakEvent({}, { time: late }), ...completed(billing)]

    expect(report({ said })).toMatchObject({ outcome: 'notProven', proven: [] })
    expect(report({ said }).unproven).toEqual([
      {
        what: NAME,
        why: expect.stringMatching(
          /^it was proven at 2026-03-10T12:34:58.800Z, before the leak was reported at 2026-03-10T14:00:00/,
        ),
      },
    ])
  })

  test.each([
    ['m2m.leak-intake', 'notProven'],
    ['m2m.security', 'proven'],
  ])('a proof that is older than a later report of %s: %s', (source, outcome) => {
    const again = leakEvent(
      { selector: { clientIds: ['client-of-billing'] } },
      { time: '2026-03-10T14:00:00Z', source },
    )

    // A detector's report says that the value was accepted then; a person's may be the same report once more.
    expect(report({ said: [leakEvent(), again, ...completed(billing)] }).outcome).toBe(outcome)
  })

  test('anything, where the key is not known', () => {
    const unverified = 'its proof could not be verified: KMS GetPublicKey failed'

    expect(report({ proofs: new Map(), unverified }).unproven).toEqual([{ what: NAME, why: unverified }])
  })
})

describe('an incident of which not all is known', () => {
  test('by client ids is not proven before a secret is known for each', () => {
    const selector = { clientIds: ['client-of-billing', 'client-of-shop'] }

    expect(report({ said: [leakEvent({ selector })] })).toMatchObject({
      outcome: 'notProven',
      proven: [NAME],
      unproven: [{ what: 'client-of-shop', why: 'the archive does not say yet which secret holds this client' }],
    })
  })

  test('by tags is not proven before it has ended', () => {
    const said = [leakEvent({ selector: { tags: { team: 'x' } } })]

    expect(report({ said })).toMatchObject({ outcome: 'notProven', unproven: [{ what: 'INC-42' }] })
    expect(incidentMarkdown(report({ said }))).toContain('**Not proven as a whole:**')
    expect(report({ said: [...said, ...completed(billing)] })).toMatchObject({ outcome: 'proven' })
  })

  test('is not proven while its end counts more clients than are known', () => {
    const [end] = completed(billing)
    if (end === undefined) throw new Error('no end')
    const counts = { clients: 3, revoked: 3, deadAlready: 0, failed: 0 }
    const said = [leakEvent(), { ...end, detail: { ...end.detail, counts } }]

    expect(report({ said })).toMatchObject({
      outcome: 'notProven',
      unproven: [{ what: 'INC-42', why: 'it was about 3 clients, of which the archive names 1' }],
    })
  })
})

describe('what failed', () => {
  const first = refusedEvent(revokeToken(), 'rotations are frozen (on); lift the freeze')

  test('before a proof is shown, and asks for nothing', () => {
    const published = [revokedEvent(revokeToken({ attempt: 2 })), first]

    expect(onlyClient({ published, proofs: proofsOf(storedProof(revokeToken({ attempt: 2 }))) })).toMatchObject({
      outcome: 'proven',
      advice: null,
      failures: [{ type: 'Rotation Refused', requestToken: revokeToken(), explanation: first.detail.explanation }],
    })
  })

  test('without a proof says what to do: what the last refusal advises', () => {
    const second = refusedEvent(revokeToken({ attempt: 2 }), 'Stytch knows no such client', { at: NOON + 9000 })

    expect(onlyClient({ said: [leakEvent()], published: [second, first], proofs: new Map() })).toMatchObject({
      failures: [{ explanation: first.detail.explanation }, { explanation: 'Stytch knows no such client' }],
      advice: expect.stringMatching(/^Stytch knows no such client; then ask again under the same incident id/),
    })
  })

  test('or what the incident function advises, when it does', () => {
    const failed = { ...billing, outcome: 'failed' as const, why: 'the secret is scheduled for deletion' }

    expect(onlyClient({ said: completed(failed), published: [first], proofs: new Map() })?.advice).toMatch(
      /^the secret is scheduled for deletion; ask again under the same incident id/,
    )
    expect(
      onlyClient({ said: completed({ ...failed, advice: 'restore it' }), published: [first], proofs: new Map() })
        ?.advice,
    ).toBe('the secret is scheduled for deletion; restore it')
  })

  test('twice under one token for one reason is one failure; a refused settle belongs to it, too', () => {
    const drift = archived('Drift Detected', first.detail)
    const settle = refusedEvent(settleTokenOf(revokeToken()), 'Stytch is elsewhere', { at: NOON + 2000 })
    const planned = refusedEvent('c0ffee00-0000-4000-8000-000000000000', 'not ours')

    const { failures } = onlyClient({ published: [drift, first, planned, settle], said: completed(billing) }) ?? {}

    expect(failures?.map(({ explanation }) => explanation)).toEqual([first.detail.explanation, 'Stytch is elsewhere'])
  })

  test('of several results the last counts', () => {
    const failed = { ...billing, outcome: 'failed' as const, why: 'stuck' }
    const later = incidentCompleted({ incidentId: 'INC-42', at: NOON + 90_000, clients: [{ ...failed, why: 'gone' }] })
    const said = [...later.map(({ type, detail }) => archived(type, detail)), ...completed(failed)]

    expect(onlyClient({ said, published: [], proofs: new Map() })?.advice).toMatch(/^gone; /)
  })
})

describe('an incident that a campaign worked on', () => {
  const said = [
    leakEvent({ selector: { all: true, expectedCount: 2 } }),
    archived('Campaign Completed', {
      incidentId: 'INC-42',
      outcome: 'completed',
      failures: [{ secretName: SHOP, why: 'stuck', message: 'AWSPENDING stands', attempts: 5 }, { why: 'lost' }, null],
    }),
  ]

  test('has the clients that it gave up on, and those whose evidence says whose they are, and no others', () => {
    const other = 'm2m/prod/other'
    const proofs = new Map([
      [NAME, [storedProof(revokeToken())]],
      [other, [storedProof(revokeToken({ name: other, incidentId: 'INC-41' }), { name: other })]],
    ])

    expect(report({ said, published: [], secretNames: [], proofs }).clients).toMatchObject([
      { secretName: NAME, outcome: 'proven' },
      {
        secretName: SHOP,
        outcome: 'notProven',
        advice: expect.stringMatching(/^the campaign gave up on it: stuck \(AWSPENDING stands\); ask again/),
      },
    ])
  })

  test('is proven for a client that was proven after all', () => {
    const proofs = new Map([[SHOP, [storedProof(revokeToken({ name: SHOP }), { name: SHOP })]]])

    expect(report({ said, published: [], secretNames: [], proofs }).clients).toMatchObject([
      { secretName: SHOP, outcome: 'proven' },
    ])
  })
})

describe('what else was said of it', () => {
  test('is in the notes', () => {
    const at = new Date(NOON).toISOString()
    const said = [
      archived('Leak Closed', { at, secretName: NAME, refused: { error: 'invalid_client', requestId: 'request-1' } }),
      archived('Leak Unresolved', { at, reason: 'noValue', explanation: 'it brought no value' }),
      archived('Incident Held', { at, secretName: NAME }),
      archived('Campaign Completed', { at, outcome: 'completed', counts: { selected: 3, settled: 2, failed: 1 } }),
    ]

    expect(report({ said, published: [], secretNames: [], proofs: new Map() })).toMatchObject({
      outcome: 'noClients',
      notes: expect.arrayContaining([
        {
          at,
          what: expect.stringMatching(/^closed: .*m2m\/prod\/billing before \(invalid_client, request request-1\)/),
        },
        { at, what: 'not resolved: it brought no value' },
        { at, what: expect.stringMatching(/^held.*release$/) },
        { at, what: 'its campaign ended as completed: 3 selected, 2 settled, 1 failed' },
      ]),
    })
  })
})

describe('the same objects', () => {
  const said = [
    leakEvent(),
    leakEvent({ reason: 'again' }),
    ...completed(billing, { ...billing, secretName: SHOP, secretArn: arnOf(SHOP), requestTokens: [] }),
  ]
  const published = [
    revokedEvent(revokeToken()),
    settledEvent(revokeToken()),
    refusedEvent(revokeToken({ attempt: 2 }), 'one'),
    refusedEvent(revokeToken({ attempt: 2 }), 'two'),
    refusedEvent(revokeToken({ name: SHOP }), 'three', { name: SHOP }),
  ]

  test('in whatever order make the same report, to the byte', () => {
    const wanted = JSON.stringify(report({ said, published, secretNames: [SHOP, NAME] }))
    const shuffled = <Item>(items: readonly Item[]) => fc.shuffledSubarray([...items], { minLength: items.length })

    fc.assert(
      fc.property(shuffled(said), shuffled(published), shuffled([NAME, SHOP]), (one, other, secretNames) => {
        expect(JSON.stringify(report({ said: one, published: other, secretNames }))).toBe(wanted)
      }),
    )
  })
})

describe('in Markdown', () => {
  test('a proven incident reads so', () => {
    expect(incidentMarkdown(report())).toMatchInlineSnapshot(`
      "# Incident INC-42

      **Proven for the one client:** Stytch refuses every value that was accepted before.

      | reported | 2026-03-10T12:34:56Z |
      | --- | --- |
      | by | alice, as \`m2m.security\` |
      | because | found in a public repository |
      | about | secrets \`m2m/prod/billing\` |

      ## m2m/prod/billing

      Client \`client-of-billing\`: every earlier value is proven to be refused.

      | value | refused by Stytch | first at | last request | version |
      | --- | --- | --- | --- | --- |
      | …abcd | 3 × \`invalid_client\` | 2026-03-10T12:34:58.600Z | \`request-refused\` | \`rotate-1\` |

      The new value …wxyz is accepted (request \`request-accepted\`, 2026-03-10T12:34:58.700Z). Stytch's slots hold nothing else: current …wxyz, next empty (request \`request-look\`).

      From the report to the signature: at most 3 s. A token that was minted with a dead value can live until **2026-03-10T13:34:58.800Z** wherever it is verified offline.

      Signed proof \`proofs/prod/m2m/prod/billing/revoke-1773146096000-001-a3789d6e92edf8e2952924fb023a.settle-1773146096000-001-51ad59e56c3c5de85e9022bf502c.jws\` of 2026-03-10T12:34:58.800Z; none confirms it yet.
      "
    `)
  })

  test('what is left to do comes first', () => {
    const said = [
      leakEvent(),
      ...completed(billing, {
        ...billing,
        secretName: SHOP,
        secretArn: arnOf(SHOP),
        outcome: 'failed',
        requestTokens: [],
      }),
    ]
    const published = [
      revokedEvent(revokeToken()),
      refusedEvent(revokeToken({ name: SHOP }), 'Stytch knows no such client', { name: SHOP }),
    ]

    const text = incidentMarkdown(report({ said, published, secretNames: [NAME, SHOP] }))

    expect(text).toContain('**Not proven for 1 of 2 clients.**')
    expect(text.indexOf('## m2m/prod/shop')).toBeLessThan(text.indexOf('## m2m/prod/billing'))
    expect(text).toContain('Client `client-of-billing`: **the earlier values are not proven dead**.')
    expect(text).toContain('Rotation Refused: Stytch knows no such client (`revoke-')
    expect(text).toMatch(/\*\*To do:\*\* Stytch knows no such client; then ask again .*\.$/m)
  })

  test('an incident of which nothing is known says so', () => {
    const text = incidentMarkdown(report({ said: [], published: [], secretNames: [], proofs: new Map() }))

    expect(text).toBe(
      '# Incident INC-42\n\n**No client is known of this incident, yet or at all.**\n\nNo report of it is on the bus, or the report is not archived yet.\n',
    )
  })

  test.each([
    [{ all: true, expectedCount: 10_000 }, 'all clients, 10000 expected'],
    [{ clientIds: ['a', 'b'] }, 'clients `a`, `b`'],
    [{ tags: { team: 'x' } }, 'tags {"team":"x"}'],
    ['everything', 'nothing that could be read'],
  ])('says whom it was about: %j', (selector, expected) => {
    expect(incidentMarkdown(report({ said: [leakEvent({ selector })] }))).toContain(`| about | ${expected} |`)
  })

  test('what somebody wrote stays text', () => {
    const reason = 'a | b\n# heading <script>alert(1)</script> [x](http://e.example) `code` **bold** ~~no~~'
    const incidentId = 'INC\n## 42'

    const text = incidentMarkdown(buildIncidentReport(factsOf({ incidentId, said: [leakEvent({ reason })] })))

    expect(text).toContain('# Incident INC \\#\\# 42\n')
    expect(text).toContain(
      '| because | a \\| b \\# heading \\<script\\>alert(1)\\</script\\> \\[x\\](http\\://e.example) \\`code\\` \\*\\*bold\\*\\* \\~\\~no\\~\\~ |',
    )
    expect(text.split('\n').filter((line) => line.startsWith('# '))).toHaveLength(1)
  })

  test('nothing in it is obeyed by a terminal or a viewer: colours, links, text turned around, rows of a table', () => {
    const reason =
      'see www.evil.example \u001B]8;;https://evil.example\u0007\u001B[32mproven\u202E |\r\n| a@b.example | x'

    const text = incidentMarkdown(report({ said: [leakEvent({ reason, requestedBy: 'a\u0085b' })] }))

    expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u)
    expect(text).toContain(
      '| because | see www\\.evil.example \uFFFD\uFFFDproven\uFFFD \\| \\| a\\@b.example \\| x |\n',
    )
  })

  test('a grace is told', () => {
    expect(incidentMarkdown(report({ said: [leakEvent({ graceSeconds: 900 })] }))).toContain('| grace | 900 s')
  })
})

test('that an incident took longer, and that a report of it was not carried out, are in the notes', () => {
  const at = new Date(NOON + 1000).toISOString()
  const said = [
    leakEvent(),
    archived('Incident Delayed', { incidentId: 'INC-42', at }, { source: 'm2m.incident' }),
    archived('Leak Report Refused', { incidentId: 'INC-42', at, faults: ['a', 'b'] }, { source: 'm2m.incident' }),
  ]

  expect(report({ said, published: [] }).notes).toEqual([
    { at, what: 'it took longer: what was left went to a campaign' },
    { at, what: 'a report of it was not carried out: a; b' },
  ])
})
