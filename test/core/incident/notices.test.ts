// Who learns what of an incident: each is played, and what the template's rules mail of it is compared with what a person must read: once that
// it has begun, once how it ended or that it was not carried out, and nothing else.
import { describe, expect, it } from 'vitest'
import { createMailed } from '../../stack/mailed.ts'
import { synthStack } from '../../stack/synth.ts'
import { createIncidentPlace } from './incident-place.ts'

const MINUTE = 60_000
const SECURITY = 'arn:aws:iam::111111111111:role/security'
const mailed = createMailed(synthStack({ incidents: { security: { roleArns: [SECURITY] } } }).template())

const PREFIX = 'm2m/prod/'
const namesUpTo = (count: number): readonly string[] => Array.from({ length: count }, (_, at) => `client-${at}`)
const full = (names: readonly string[]): readonly string[] => names.map((name) => `${PREFIX}${name}`)
const by = { requestedBy: 'ada', reason: 'pasted into a ticket' }

const setUp = (names: readonly string[] = []) => {
  const place = createIncidentPlace()
  place.addAll(names)
  return {
    ...place,
    /** Plays a report to its end. @returns what is mailed, in order. */
    play: async (detail: unknown, source?: string) => {
      await place.deliver(place.eventOf(detail, source))
      await place.endCampaigns()
      return place.envelopes().flatMap(mailed)
    },
  }
}

const rulesOf = (mails: readonly { readonly rule: string }[]) => mails.map(({ rule }) => rule)

describe('an incident of two clients', () => {
  const selector = { secretNames: full(['billing', 'orders']) }

  it('is mailed when it begins, with who, why, whom and until when, and when it has ended', async () => {
    const place = setUp(['billing', 'orders'])
    const mails = await place.play({ incidentId: 'INC-1', selector, ...by })

    expect(rulesOf(mails)).toEqual(['IncidentBegun', 'IncidentEnded'])
    const [begun, ended] = mails
    expect(begun?.text).toMatch(
      /^\[m2m prod\] Incident Begun: INC-1, reported by ada \(m2m\.security\): pasted into a ticket\. 2 clients: m2m\/prod\/billing, m2m\/prod\/orders\. Each is revoked now; .* by \d{4}-\d\d-\d\dT[\d:.]+Z\./,
    )
    expect(ended?.text).toMatch(
      /INC-1 ended, [\d.]+ s after it was reported: Stytch refuses the leaked values of 2 clients \(m2m\/prod\/billing, m2m\/prod\/orders\)\. Nothing is left to do\. Proofs: m2m incident show INC-1\. The sweep tries it once more/,
    )
    expect(ended?.text).not.toMatch(/\bdead\b/)
  })

  it('one of which cannot be revoked ends with whose value may be alive, why, and what to do', async () => {
    const place = setUp(['billing', 'orders'])
    place.world.ends((name) => (name.endsWith('orders') ? 'refuses' : 'succeeds'))
    const mails = await place.play({ incidentId: 'INC-1', selector, ...by })

    expect(rulesOf(mails)).toEqual(['IncidentBegun', 'IncidentFailed'])
    expect(mails[1]?.text).toMatch(
      /MAY STILL BE ACCEPTED of 1 of 2 clients: m2m\/prod\/orders: every attempt was refused or cleared; .*report the leak again under the same incident id\. Stytch refuses the leaked values of the other 1\. Reported by ada: pasted into a ticket\./,
    )
  })

  it('whose end the bus did not take at first is mailed as begun once', async () => {
    const place = setUp(['billing', 'orders'])
    const { published } = place
    const push = published.push.bind(published)
    let fails = 1
    // Lambda's second call finds everything done.
    published.push = (...events) => {
      if (events[0]?.type === 'Incident Completed' && fails-- > 0) throw place.busFault
      return push(...events)
    }
    const mails = await place.play({ incidentId: 'INC-1', selector, ...by })

    expect(rulesOf(mails)).toEqual(['IncidentBegun', 'IncidentEnded'])
  })
})

describe('an incident that a campaign carries out ends as a small one does', () => {
  const selector = { tags: { team: 'one' } }

  it('of thirty clients', async () => {
    const place = setUp(namesUpTo(30))
    const all = { all: true, expectedCount: 30 }
    const mails = await place.play({ incidentId: 'INC-1', selector: all, ...by }, 'm2m.break-glass')

    expect(rulesOf(mails)).toEqual(['IncidentBegun', 'IncidentEnded'])
    expect(mails[0]?.text).toMatch(/30 clients: m2m\/prod\/client-0, .* and 20 more\. A campaign revokes them now; /)
    expect(mails[1]?.text).toMatch(
      /Stytch refuses the leaked values of 30 clients \(m2m\/prod\/client-\d+, .* and 20 more\)/,
    )
    const end = place.published.find(({ type }) => type === 'Incident Completed')?.detail
    expect(end).toMatchObject({
      incidentId: 'INC-1',
      outcome: 'refused',
      counts: { clients: 30, revoked: 30, failed: 0 },
      ...by,
    })
    expect(end?.clients).toHaveLength(30)
    expect(end?.clients).toContainEqual({
      secretArn: `arn:aws:secretsmanager:eu-west-1:111111111111:secret:${PREFIX}client-7-AbCdEf`,
      secretName: `${PREFIX}client-7`,
      clientId: 'client-client-7',
      clientIdFrom: 'tag',
      outcome: 'revoked',
      requestTokens: [expect.stringMatching(/^revoke-/)],
    })
  })

  it('of thirty, two of which fail, which are named first', async () => {
    const place = setUp(namesUpTo(30))
    place.world.ends((name) => (/client-1[12]$/.test(name) ? 'refuses' : 'succeeds'))
    const all = { all: true, expectedCount: 30 }
    const mails = await place.play({ incidentId: 'INC-1', selector: all, ...by }, 'm2m.break-glass')

    expect(rulesOf(mails)).toEqual(['IncidentBegun', 'IncidentFailed'])
    expect(mails[1]?.text).toMatch(/MAY STILL BE ACCEPTED of 2 of 30 clients: m2m\/prod\/client-1[12]: every attempt/)
  })

  it('with a grace, of which is said how long what leaked stays accepted', async () => {
    const place = setUp(['billing', 'orders'])
    const mails = await place.play({ incidentId: 'INC-1', selector, graceSeconds: 900, ...by })

    expect(rulesOf(mails)).toEqual(['IncidentBegun', 'IncidentEnded'])
    expect(mails[0]?.text).toMatch(/the leaked values STAY ACCEPTED for 900 seconds after that/)
  })

  it('with a grace, stopped in it: what leaked of each stays accepted, until the sweep', async () => {
    const place = setUp(['billing', 'orders'])
    const event = place.eventOf({ incidentId: 'INC-1', selector, graceSeconds: 3600, ...by })
    await place.deliver(event)
    const [execution = ''] = place.executions()
    place.wish({ state: 'stopped', by: 'bob', at: '2026-10-05T09:00:00.000Z' }, execution)
    await place.endCampaigns()
    const mails = place.envelopes().flatMap(mailed)

    expect(rulesOf(mails)).toEqual(['IncidentBegun', 'IncidentFailed'])
    expect(mails[1]?.text).toMatch(/MAY STILL BE ACCEPTED of 2 of 2 clients: m2m\/prod\/(billing|orders): /)
  })

  it('but a rehearsal ends no incident', async () => {
    const place = setUp(['billing'])
    await place.run({ intent: 'revoke', incidentId: 'INC-1', selector, dryRun: true }, 'rehearsal')
    await place.endCampaigns()

    expect(place.envelopes().flatMap(mailed)).toEqual([])
  })
})

describe('a report that is not carried out is mailed once, with why, and changes nothing', () => {
  const isRefused = async (detail: unknown, source: string, why: RegExp) => {
    const place = setUp(namesUpTo(30))
    const mails = await place.play(detail, source)

    expect(rulesOf(mails)).toEqual(['LeakReportRefused'])
    expect(mails[0]?.text).toMatch(/NOT CARRIED OUT, and the leaked values still work: /)
    expect(mails[0]?.text).toMatch(why)
    expect(place.world.asked).toEqual([])
    return mails[0]?.text ?? ''
  }
  const one = { clientIds: ['client-client-1'] }
  const report = { incidentId: 'INC-1', selector: one, ...by }

  it.each<[string, unknown, string, RegExp]>([
    ['malformed', { incident: 'INC-1' }, 'm2m.security', /incidentId is missing/],
    ['no object', null, 'm2m.security', /detail is malformed/],
    [
      '"all" by security',
      { ...report, selector: { all: true, expectedCount: 30 } },
      'm2m.security',
      /INC-1 of m2m\.security \(ada: pasted into a ticket\) was NOT/,
    ],
    ['of an unknown source', report, 'm2m.somebody', /source is unknown/],
    [
      'of more than may be named',
      { ...report, selector: { clientIds: namesUpTo(1001) } },
      'm2m.break-glass',
      /1 to 1000/,
    ],
    ['by a tag that means too many', { ...report, selector: { tags: { team: 'one' } } }, 'm2m.security', /30 clients/],
    ['a grace by the intake', { ...report, graceSeconds: 60 }, 'm2m.leak-intake', /graceSeconds is not/],
    [
      'of all, with a count that is off',
      { ...report, selector: { all: true, expectedCount: 4000 } },
      'm2m.break-glass',
      /4000/,
    ],
  ])('%s', async (_, detail, source, why) => {
    await isRefused(detail, source, why)
  })

  it('and holds nothing of it that breaks a mail, or that is as long as a secret', async () => {
    const secret = 'kqZ0b1Vh4mYt-9_sXw2QnEo7uRc5GdLpJf8AiTzK6yBv'
    const text = await isRefused(
      { incidentId: 'INC-1', [secret]: 1, reason: `"},{\n\u202e\\ <!channel> ${secret}`, requestedBy: 'eve\u0000' },
      'm2m.security',
      /… is unknown/,
    )

    expect(text).not.toContain(secret)
    for (const unsafe of ['"', '\\', '<', '>', '\u202e', '\u0000']) expect(text).not.toContain(unsafe)
    expect(text).toContain("(eve: '},{ / (!channel) …)")
  })
})

it('a report that means nobody ends as a failure, and says so', async () => {
  const place = setUp(['billing'])
  const mails = await place.play({ incidentId: 'INC-1', selector: { tags: { team: 'none' } }, ...by })

  expect(rulesOf(mails)).toEqual(['IncidentFailed'])
  expect(mails[0]?.text).toMatch(/nothing was revoked\. m2m\/prod\/: nobody: the selection by tags matches no client/)
})

describe('an outage', () => {
  const selector = { secretNames: full(['one', 'two', 'three']) }

  it('that begins before anybody knows whom it is about is mailed: begun, delayed, ended', async () => {
    const place = setUp(['one', 'two', 'three'])
    place.breakDown(60 * MINUTE)
    const mails = await place.play({ incidentId: 'INC-1', selector, ...by })

    expect(rulesOf(mails)).toEqual(['IncidentBegun', 'IncidentDelayed', 'IncidentEnded'])
    expect(mails[0]?.text).toMatch(/Clients not known yet: m2m\/prod\/one, .*Secrets Manager does not answer/)
    expect(mails[1]?.text).toMatch(/is delayed: leaked values MAY STILL BE ACCEPTED.*for six hours at most/)
    expect(mails[2]?.text).toMatch(/Stytch refuses the leaked values of 3 clients/)
  })

  it('of Stytch for one of three, whose rotation does not end, is mailed with that one, and its own end', async () => {
    const place = setUp(['one', 'two', 'three'])
    place.world.takes((name) => (name.endsWith('two') ? 40 * MINUTE : 1500))
    // What Stytch does not answer for, the rotation function does not end.
    place.world.fails((call) => (call === 'step' ? place.busFault : undefined))
    const mails = await place.play({ incidentId: 'INC-1', selector, ...by })

    expect(rulesOf(mails)).toEqual(['IncidentBegun', 'IncidentDelayed', 'IncidentEnded'])
    expect(mails[1]?.text).toMatch(/1 client: m2m\/prod\/two\. 2 others are revoked, 0 failed\./)
    expect(mails[2]?.text).toMatch(/Stytch refuses the leaked values of 1 client \(m2m\/prod\/two\)/)
    const ends = place.published.filter(({ type }) => type === 'Incident Completed')
    expect(ends.map(({ detail }) => detail.open)).toEqual([1, undefined])
  })
})
