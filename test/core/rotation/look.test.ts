// What a look says when last fours collide: only what every fitting sighting agrees on.
import { expect, test } from 'vitest'
import { look } from '../../../lambda/core/rotation/look.ts'
import type { Version } from '../../../lambda/core/rotation/rotation.ts'
import { createClientSecret } from '../../../lambda/core/secret/client-secret.ts'
import { PROJECT_ID } from '../../fakes/fake-issuer.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { CLIENT_ID, createRegisteredWorld, textOf, tokenOf, valueNamed } from '../../fakes/world.ts'

const versionOf = (value: string): Version => ({
  versionId: `version of ${value}`,
  arn: SECRET_ARN,
  createdAt: 0,
  secret: {
    clientId: CLIENT_ID,
    clientSecret: createClientSecret(value),
    projectId: PROJECT_ID,
    issuedAt: 0,
    fields: {},
  },
})
const C = valueNamed('C', 'AAAA')
const P = valueNamed('P', 'AAAA')
const V = valueNamed('V', 'AAAA')

const sightingOf = async (slots: readonly [string, string | null], stored: { pending?: string; previous?: string }) => {
  const world = createRegisteredWorld()
  Object.assign(world.client(), { current: slots[0], next: slots[1] })
  const seen = await look(world.rotation, {
    intent: 'rotate',
    stored: {
      current: versionOf(C),
      pending: stored.pending === undefined ? undefined : versionOf(stored.pending),
      previous: stored.previous === undefined ? undefined : versionOf(stored.previous),
    },
  })
  return seen.ok ? seen.value.sighting : seen.refusal
}

test('two stored values in two slots, both accepted: nobody can say which sits where, but both sit', async () => {
  expect(await sightingOf([C, P], { pending: P })).toEqual({
    position: 'ambiguous',
    pendingAccepted: true,
    previousAccepted: false,
  })
  expect(await sightingOf([C, V], { previous: V })).toEqual({
    position: 'ambiguous',
    pendingAccepted: false,
    previousAccepted: true,
  })
})

test('an exchange tells which of two values sits in the only slot', async () => {
  expect(await sightingOf([C, null], { pending: P })).toMatchObject({ position: 'poisoned', pendingAccepted: false })
  expect(await sightingOf([P, null], { pending: P })).toMatchObject({ position: 'promoted', pendingAccepted: true })
  expect(await sightingOf([V, null], { previous: V })).toMatchObject({ position: 'cancelledUnderUs' })
})

test('a slot that shows the last four of refused values holds a stranger', async () => {
  const stranger = valueNamed('X', 'AAAA')

  expect(await sightingOf([stranger, null], { pending: P, previous: V })).toEqual({
    position: 'poisoned',
    pendingAccepted: false,
    previousAccepted: false,
  })
  expect(await sightingOf([stranger, V], { previous: V })).toMatchObject({ position: 'drift', previousAccepted: true })
})

test('values that are accepted and in no slot leave nothing to agree on', async () => {
  const world = createRegisteredWorld()
  world.issuer.lingering.add(C).add(V)
  Object.assign(world.client(), { current: C, next: null })

  const seen = await look(world.rotation, {
    intent: 'rotate',
    stored: { current: versionOf(C), previous: versionOf(V) },
  })

  expect(seen).toMatchObject({
    value: { sighting: { position: 'ambiguous', pendingAccepted: false, previousAccepted: false } },
  })
})

test.each([
  ['rotate', 'orphan'],
  ['revoke', 'orphan'],
  ['settle', 'orphan'],
  ['rollback', 'orphan'],
  ['register', 'orphan'],
  ['adopt', 'ambiguous'],
] as const)('beside a value that ends alike, one of a version %s-… makes it %s', async (origin, position) => {
  const world = createRegisteredWorld()
  Object.assign(world.client(), { current: C, next: valueNamed('X', 'AAAA') })
  const current = { ...versionOf(C), versionId: tokenOf(origin) }

  expect(await look(world.rotation, { intent: 'rotate', stored: { current } })).toMatchObject({
    value: { sighting: { position } },
  })
})

test('beside a value that ends alike, one that was stored by hand is told only by a start since', async () => {
  const world = createRegisteredWorld()
  Object.assign(world.client(), { current: C, next: valueNamed('X', 'AAAA') })
  const positionAfter = async (isNextNew: boolean) => {
    const seen = await look(world.rotation, { intent: 'rotate', stored: { current: versionOf(C) }, isNextNew })
    return seen.ok ? seen.value.sighting.position : seen.refusal
  }

  expect([await positionAfter(false), await positionAfter(true)]).toEqual(['ambiguous', 'orphan'])
})

test('where the issuer keeps a list, a settle’s copy is not read, and every other version is', async () => {
  const world = createRegisteredWorld()
  Object.assign(world.rotation.issuer, { keepsList: () => true })
  const [settled, rotated] = [tokenOf('settle'), tokenOf('rotate')]
  world.secrets.place(rotated, { text: textOf(valueNamed('B')) })
  world.secrets.place(settled, { text: textOf(valueNamed('D')) })
  world.log.clear()

  const seen = await look(world.rotation, { intent: 'rotate', stored: { current: versionOf(valueNamed('A')) } })

  expect(seen.ok && seen.value.known).toEqual(['AAAA', 'BBBB'])
  const read = world.log.calls.filter(({ name }) => name === 'readValue').map(({ about }) => about)
  expect(read).toContain(rotated)
  expect(read).not.toContain(settled)
})
