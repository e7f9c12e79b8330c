// Ways in which a revoke from an unreadable AWSCURRENT, the check of every value or an intake once made a claim too much.

import { describe, expect, test } from 'vitest'
import { extractCandidates } from '../../../lambda/core/intake/leak-candidates.ts'
import { DEPLOYED } from '../../../lambda/core/rotation/bounds.ts'
import { checkCurrent } from '../../../lambda/core/rotation/check-current.ts'
import { answerProof } from '../../../lambda/core/rotation/prove-again.ts'
import { steps } from '../../../lambda/core/rotation/refusal.ts'
import { PROJECT_ID } from '../../fakes/fake-issuer.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { createKeptRecords } from '../../fakes/kept-records.ts'
import { CLIENT_ID, createRegisteredWorld, textOf, tokenOf, valueNamed, type World } from '../../fakes/world.ts'
import { BY_HAND, currentText, LEAKED, run, worldWith } from './unreadable.ts'

const TWO_VENDORS = JSON.stringify({ auth0: { client_secret: 'auth0-value-of-another-vendor' }, stytch_secret: LEAKED })
const camel = (more: string) => `{"clientId":"${CLIENT_ID}","clientSecret":"${LEAKED}",${more}}`
const ended = (what: Promise<unknown>) =>
  what.then(
    () => 'done',
    (e) => e.refusal?.reason ?? e.code ?? String(e),
  )
const check = (world: World, more = {}) => {
  world.timing.restart(60_000)
  const versionId = world.secrets.holderOf('AWSCURRENT') ?? ''
  return checkCurrent(() => world.rotation, {
    secrets: [{ secretArn: SECRET_ARN, versionId, clientId: CLIENT_ID, isSettled: true, ...more }],
  })
}

describe('a settle does not end while the leaked value is accepted', () => {
  test.each([
    ['one line of a .env', `STYTCH_CLIENT_SECRET=${LEAKED}`],
    ['two vendors', TWO_VENDORS],
    ['base64', Buffer.from(textOf(LEAKED)).toString('base64')],
    [
      'cut off',
      `{"client_id":"${CLIENT_ID}","client_secret":"${LEAKED}","auth0":{"client_secret":"auth0-value-of-another"`,
    ],
    ['another project’s', textOf(LEAKED, { project_id: 'project-live-1' })],
    ['a mistyped id', textOf(LEAKED, { client_id: 'm2m-client-test-typo' })],
  ])('%s', async (_, text) => {
    const world = worldWith(text, 'alone')
    await run(world, 'revoke')
    world.issuer.lingering.add(LEAKED)
    await run(world, 'settle').catch(() => {})
    const event = world.events.published.find(({ type }) => type === 'Secret Revoked')
    const { refused = [], bySlots = [] } = (event?.detail.evidence ?? {}) as {
      refused?: { versionId: string }[]
      bySlots?: string[]
    }
    expect(refused.map(({ versionId }) => versionId)).not.toContain(BY_HAND)
    if (event !== undefined) expect(bySlots).toContain(BY_HAND)
  })
})
test.each([
  ['rotate', textOf(PROJECT_ID, { project_id: LEAKED })],
  ['revoke', textOf(PROJECT_ID, { project_id: LEAKED })],
  ['rotate', textOf(CLIENT_ID, { client_id: LEAKED })],
] as const)('a value in the wrong member is in no log and no event: %s', async (intent, text) => {
  const world = worldWith(text, 'alone')
  await run(world, intent).catch(() => {})
  expect(world.said()).not.toContain(LEAKED)
})
test('an incident does not call another client’s deletion the end of this one', async () => {
  const world = worldWith(textOf('canary-others-oooo', { client_id: 'm2m-client-test-deleted' }), 'alone')
  expect(world.issuer.accepts(CLIENT_ID, LEAKED)).toBe(true)
  expect(await answerProof(world.rotation, SECRET_ARN)).not.toMatchObject({ outcome: 'gone' })
})
test.each([
  ['two vendors', TWO_VENDORS],
  ['base64', Buffer.from(textOf(LEAKED)).toString('base64')],
])('an unreadable value is not called dead: %s', async (_, text) => {
  expect(await check(worldWith(text, 'alone'))).toMatchObject([{ found: 'unknown', why: 'unreadable' }])
})
test('one old reply of Stytch does not make a client gone', async () => {
  const world = createRegisteredWorld({}, DEPLOYED)
  const client = world.client()
  world.issuer.clients.delete(CLIENT_ID)
  world.issuer.history.note()
  world.issuer.clients.set(CLIENT_ID, client)
  Object.assign(world.issuer, { lookMany: async () => new Map([[CLIENT_ID, undefined]]) })
  world.issuer.history.old.set(0, { ago: 1 })
  expect(await check(world)).toEqual([{ found: 'fits', holds: CLIENT_ID }])
})
test('nor do old labels', async () => {
  const OLD = 'm2m-client-test-old'
  const world = createRegisteredWorld({}, DEPLOYED)
  const versionId = 'by-hand-old-000000000000000000000000'
  world.secrets.place(versionId, { text: textOf('canary-old-oldo', { client_id: OLD }), labels: ['AWSCURRENT'] })
  world.secrets.place(BY_HAND, { text: textOf(valueNamed('A')), labels: ['AWSCURRENT'] })
  world.secrets.history.old.set(0, { ago: 1 })
  expect(await check(world, { versionId, clientId: OLD })).toEqual([{ found: 'unknown', why: 'moved' }])
})
test('a new value that is never accepted is given up beside an unreadable one', async () => {
  const world = createRegisteredWorld({}, DEPLOYED)
  world.secrets.place(BY_HAND, {
    text: JSON.stringify({ clientId: CLIENT_ID, clientSecret: valueNamed('A') }),
    labels: ['AWSCURRENT'],
  })
  world.issuer.unripe.add('canary-new1-n001')
  const token = tokenOf('revoke', world.timing.now())
  world.secrets.rotateSecret(token)
  await world.step('createSecret', token, 60_000)
  world.timing.advance(60 * 60_000)
  expect(await ended(world.step('testSecret', token, 60_000))).toBe('neverAccepted')
})
test.each([
  ['a name twice', camel(`"note":"${LEAKED}","note":"x"`)],
  ['a name twice, deeper', camel(`"db":{"p":"${LEAKED}","p":"x"}`)],
  ['a name', camel(`"${LEAKED}":"x"`)],
  ['a word beside the older value', JSON.stringify({ old: 'xxxxxx-canary-A-AAAA', new_one: LEAKED })],
  ['a Basic header', camel(`"auth":"Basic ${Buffer.from(`${CLIENT_ID}:${LEAKED}`).toString('base64')}"`)],
])('no copy survives: %s', async (_, text) => {
  const world = worldWith(text, 'besideOlder')
  await run(world, 'revoke')
  expect(currentText(world)).not.toContain(LEAKED)
  expect(currentText(world)).not.toContain(Buffer.from(`${CLIENT_ID}:${LEAKED}`).toString('base64'))
})
test('another vendor’s secret is no copy', async () => {
  const world = worldWith(TWO_VENDORS, 'alone')
  await run(world, 'revoke')
  expect(JSON.parse(currentText(world))).toMatchObject({ auth0: { client_secret: 'auth0-value-of-another-vendor' } })
})
test.each([
  ['padded with blanks', textOf(LEAKED).padEnd(65_536)],
  ['nested deeply', camel(`"x":${'['.repeat(5000)}${']'.repeat(5000)}`)],
])('a revoke goes through: %s', async (_, text) => {
  const world = worldWith(text, 'alone')
  expect(await ended(run(world, 'revoke'))).toBe('done')
})
test('one old reply of Secrets Manager costs no field', async () => {
  const world = createRegisteredWorld({ current: LEAKED }, DEPLOYED)
  world.secrets.tags = { 'm2m:client-id': CLIENT_ID }
  world.secrets.place(BY_HAND, { text: camel('"region":"mine"'), labels: ['AWSCURRENT'] })
  const token = tokenOf('revoke', world.timing.now())
  world.secrets.rotateSecret(token)
  world.secrets.history.reads = 0
  world.secrets.history.old.set(3, { ago: 2 })
  for (const name of steps) await world.step(name, token, 60_000)
  expect(JSON.parse(currentText(world)).region).toBe('mine')
})
test('two moves by hand do not hold a revoke up', async () => {
  const world = createRegisteredWorld({}, DEPLOYED)
  Object.assign(world.rotation, { records: createKeptRecords() })
  const [first = ''] = world.secrets.versions.keys()
  const rotated = tokenOf('rotate', world.timing.now())
  world.secrets.rotateSecret(rotated)
  for (const name of steps) await world.step(name, rotated, 60_000)
  world.secrets.versions.get(rotated)?.labels.delete('AWSPENDING')
  world.secrets.place(first, { labels: ['AWSCURRENT'] })
  world.secrets.place(BY_HAND, { text: textOf(valueNamed('A'), { note: 1 }), labels: ['AWSCURRENT'] })
  world.timing.advance(120_000)
  const token = tokenOf('revoke', world.timing.now())
  world.secrets.rotateSecret(token)
  expect(await ended(world.step('createSecret', token, 60_000))).toBe('done')
})
test('an event says why fields were left out', async () => {
  const world = worldWith(textOf(LEAKED, { partner: { client_secret: 'of a neighbour' } }), 'alone')
  world.secrets.tags = { 'm2m:client-id': 'm2m-client-test-typo-in-tag' }
  await run(world, 'revoke')
  expect(world.said()).not.toContain('too large')
})
const VALUE = 'sk3Jx9QmT7vLw2Np5Rz8Yb4Hc6Df1Ge0-_AkUiOpLsMnB'
test.each([
  ['a coloured log', `\x1b[32m${VALUE}\x1b[0m`],
  ['grep --color', `SECRET=\x1b[01;31m\x1b[K${VALUE}\x1b[m\x1b[K`],
  ['Markdown', `it is _${VALUE}_`],
  ['a diff', `-${VALUE}\n+`],
  ['behind a token', `eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.sig.${VALUE}`],
])('is found in %s', (_, text) => {
  expect(extractCandidates(text).values.some(({ value }) => value.reveal() === VALUE)).toBe(true)
})
