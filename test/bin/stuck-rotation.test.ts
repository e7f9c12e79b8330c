// What `m2m status` says of a rotation that is stuck: since when, and when it is driven again, by the sweep's own rules.
import { expect, test } from 'vitest'
import { asOfView, rowOf } from '../../bin/show/client-rows.ts'
import type { Frozen } from '../../bin/show/frozen.ts'
import { stuckJson, stuckRotation } from '../../bin/show/stuck-rotation.ts'
import type { StageView } from '../../lambda/core/clients/clients-api.ts'
import { NOON_THIRTY } from '../fakes/fake-timing.ts'
import { MINUTE_MS, makeSecret, ROTATION_FUNCTION, type SecretTraits } from '../fakes/managed-secret.ts'

const view: StageView = {
  projectId: 'project-test-1',
  secretNamePrefix: 'm2m/test/',
  rotationFunctionArn: ROTATION_FUNCTION,
  tokenUrl: 'https://test.stytch.com',
  backstop: { everyDays: 60 },
  periodHours: 720,
  overlapHours: 24,
  sweepEveryMinutes: 15,
  policyRevision: 'one',
}
const off: Frozen = { state: 'off', by: undefined, since: undefined }

const stuckOf = (traits: SecretTraits, more: { frozen?: Frozen; why?: string; view?: StageView } = {}) => {
  const { secret, versions } = makeSecret({
    current: 'settle',
    pending: { kind: 'rotate', agoMs: 40 * MINUTE_MS },
    ...traits,
  })
  const stage = more.view ?? view
  const row = rowOf(secret, stage, asOfView(stage, NOON_THIRTY))
  return stuckRotation({ row, versions, frozen: more.frozen ?? off, why: more.why }, stage)
}

test('since when, and when the sweep drives it again at the latest', () => {
  const stuck = stuckOf({})

  expect(stuck?.words).toMatch(
    /^since \S+ 11:50Z; driven again by the sweep, at \S+ 12:45Z at the latest; m2m incident orders --wait/,
  )
  expect(stuckJson(stuck)).toMatchObject({ drivenAgainBy: expect.stringContaining('T12:45:00') })
})

test('of a clients function that does not say how often the sweep runs, no time is invented', () => {
  const { sweepEveryMinutes: _unsaid, ...older } = view

  expect(stuckOf({}, { view: older })?.words).toContain('driven again by the first sweep after ')
})

test('while Stytch does not answer it stays', () => {
  expect(stuckOf({}, { why: 'HTTP 500' })?.words).toContain('it stays while Stytch does not answer')
})

test.each([
  ['a hold', { tags: { 'm2m:held': '2026-11-03T00:00:00Z' } }, {}, /not while it is held; m2m release orders /],
  ['a freeze', {}, { frozen: { ...off, state: 'all' } }, /not while rotations are frozen \(all\); m2m freeze off /],
  ['a planned freeze', {}, { frozen: { ...off, state: 'planned' } }, /not while planned rotations are frozen/],
  ["another's function", { more: { rotationFunctionArn: 'arn:aws:lambda:x:1:function:y' } }, {}, /by nobody, since/],
] as const)('%s: nobody drives it, which is said, with what to type', (_, traits, more, words) => {
  const stuck = stuckOf(traits, more)

  expect(stuck?.words).toMatch(words)
  expect(stuckJson(stuck)).toMatchObject({ drivenAgainBy: null, drivenAgainAfter: null })
})

test('a revoke is driven again under a hold and a planned freeze', () => {
  const stuck = stuckOf(
    { tags: { 'm2m:held': '2026-11-03T00:00:00Z' }, pending: { kind: 'revoke', agoMs: 40 * MINUTE_MS } },
    { frozen: { ...off, state: 'planned' } },
  )

  expect(stuck?.words).toContain('driven again by the sweep')
})

test('one that has begun lately, or none, is not stuck', () => {
  expect(stuckOf({ pending: { kind: 'rotate', agoMs: 2 * MINUTE_MS } })).toBeUndefined()
  expect(stuckOf({ more: { labels: {} } })).toBeUndefined()
  expect(stuckJson(undefined)).toBeNull()
})
