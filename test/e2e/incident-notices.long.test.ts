// Who learns what of an incident on the laptop: reports are put on the bus, the deployed handlers carry them out, and the template's own rules
// say what is mailed of it: each message once, and no other. What takes longer than an execution is in test/core/incident/notices.test.ts.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { LeakSource } from '../../lambda/core/base/event-types.ts'
import { toEnvelope } from '../../lambda/local/aws/event-pattern.ts'
import { eventFaults } from '../docs/event-schemas.ts'
import { createMailed, type Mailed } from '../stack/mailed.ts'
import { synthStack } from '../stack/synth.ts'
import { openCampaigns } from './campaign-seat.ts'
import { type LeakReport, reportLeak } from './leak-report.ts'
import { until } from './spawned.ts'

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

const SECURITY = 'arn:aws:iam::111111111111:role/security'
const mailed = createMailed(synthStack({ incidents: { security: { roleArns: [SECURITY] } } }).template())

let campaigns: Awaited<ReturnType<typeof openCampaigns>>
beforeAll(async () => {
  campaigns = await openCampaigns()
})
afterAll(() => campaigns.close())

const laptop = () => campaigns.desk.laptop
const place = () => ({ busName: laptop().address.bus, accountId: '000000000000', region: laptop().address.region })

/** By the incident's id, which each message of an incident holds. */
const mailsAbout = (incidentId: string): readonly Mailed[] =>
  laptop()
    .aws.events()
    .flatMap((event) => mailed(toEnvelope(event, place())))
    .filter(({ text }) => text.includes(incidentId))

/** Reports, and waits for a last message by one of these rules. @returns all of them. */
const play = async (
  source: LeakSource,
  detail: Pick<LeakReport, 'selector' | 'graceSeconds'>,
  ...last: readonly string[]
): Promise<readonly Mailed[]> => {
  const incidentId = `INC-${randomUUID()}`
  await reportLeak(laptop(), { source, incidentId, reason: 'in a log', requestedBy: 'ada', ...detail })
  await until(
    () => mailsAbout(incidentId).some(({ rule }) => last.includes(rule)) || undefined,
    `the last message of ${incidentId}`,
  )
  return mailsAbout(incidentId)
}
const rulesOf = (mails: readonly Mailed[]) => mails.map(({ rule }) => rule)
const ENDS = ['IncidentEnded', 'IncidentFailed', 'LeakReportRefused']

describe('what is mailed of a report', () => {
  it('of two clients, and then that they are confirmed', async () => {
    const subjects = await campaigns.registerMany(['notice-a', 'notice-b'])
    const names = subjects.map(campaigns.nameOf)
    const mails = await play('m2m.security', { selector: { secretNames: names } }, ...ENDS)

    expect(rulesOf(mails)).toEqual(['IncidentBegun', 'IncidentEnded'])
    expect(mails[1]?.text).toMatch(/Stytch refuses the leaked values of 2 clients \(.*notice-a, .*notice-b\)/)

    // The sweep comes every quarter of an hour.
    const confirmed = () => mailsAbout('notice-a').filter(({ rule }) => rule === 'RevokeConfirmed')
    laptop().world.clock.advance(16 * 60_000)
    await until(() => confirmed().length > 0, 'the confirmation')
    expect(confirmed()[0]?.text).toMatch(/notice-a \(refused 3 more times\)/)
  })

  it('of thirty clients', async () => {
    const many = Array.from({ length: 30 }, (_, at) => `notice-many-${at}`)
    const names = (await campaigns.registerMany(many)).map(campaigns.nameOf)
    const mails = await play('m2m.break-glass', { selector: { secretNames: names } }, ...ENDS)

    expect(rulesOf(mails)).toEqual(['IncidentBegun', 'IncidentEnded'])
    expect(mails[1]?.text).toMatch(/Stytch refuses the leaked values of 30 clients/)
  })

  it('with a grace', async () => {
    const [subject] = await campaigns.registerMany(['notice-grace'])
    if (subject === undefined) throw new Error('it was not registered')
    const timer = setInterval(() => laptop().world.clock.advance(20_000), 1000)
    const selector = { secretNames: [campaigns.nameOf(subject)] }
    const mails = await play('m2m.security', { selector, graceSeconds: 60 }, ...ENDS).finally(() =>
      clearInterval(timer),
    )

    expect(rulesOf(mails)).toEqual(['IncidentBegun', 'IncidentEnded'])
    expect(mails[0]?.text).toMatch(/STAY ACCEPTED for 60 seconds/)
  })

  it.each<[string, LeakSource, Pick<LeakReport, 'selector'>, string, RegExp]>([
    ['that is malformed', 'm2m.security', { selector: {} }, 'LeakReportRefused', /NOT CARRIED OUT.*an empty selector/],
    [
      'of all, by security',
      'm2m.security',
      { selector: { all: true, expectedCount: 5 } },
      'LeakReportRefused',
      /NOT CARRIED OUT.*m2m\.security/,
    ],
    ['for nobody', 'm2m.security', { selector: { tags: { team: 'none' } } }, 'IncidentFailed', /nobody: /],
  ])('%s', async (_, source, detail, rule, text) => {
    const mails = await play(source, detail, ...ENDS)

    expect(rulesOf(mails)).toEqual([rule])
    expect(mails[0]?.text).toMatch(text)
  })
})

it('fits the schemas, every one', () => {
  const own = laptop()
    .aws.events()
    .filter(({ source }) => source === 'm2m.incident')

  expect(own.length).toBeGreaterThan(5)
  expect(own.flatMap(eventFaults)).toEqual([])
})
