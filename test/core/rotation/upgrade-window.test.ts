// An update in the middle of what the version before had begun: it parsed a secret and wrote it anew, so that what it stored differs from what
// this version would store by white space, order and digits. Nothing that it stored is lost, refused for ever, or rewritten.
import { describe, expect, test } from 'vitest'
import { parseSecret } from '../../../lambda/core/secret/secret-format.ts'
import { SECRET_ARN } from '../../fakes/fake-secrets.ts'
import { createRegisteredWorld, secretIn, textOf, tokenOf, valueNamed, type World } from '../../fakes/world.ts'

/** As the version before stored it: its own members last, every number as JavaScript has it. */
const formerText = (text: string): string => {
  const { issued_at: issuedAt, ...fields } = JSON.parse(text) as Record<string, unknown>
  return JSON.stringify({ ...fields, issued_at: issuedAt })
}

/** As an operator stored it. */
const ownText = (value: string): string =>
  textOf(value).replace('{', '{\r\n  ').replace('"team":"orders"', '"account":1234567890123456789,"rate":1.0')

const bodyOf = ({ secrets }: World): string => secrets.versions.get(secrets.holderOf('AWSCURRENT') ?? '')?.text ?? ''

/** AWSCURRENT is B, which was switched to, and A is accepted still. */
const createSwitched = (text: string): World => {
  const world = createRegisteredWorld()
  world.secrets.place(tokenOf('rotate'), { text, labels: ['AWSCURRENT'] })
  Object.assign(world.client(), { current: valueNamed('A'), next: valueNamed('B') })
  return world
}

test('a value that the version before stored is settled, rotated and rolled back as its own, byte for byte', async () => {
  const former = formerText(ownText(valueNamed('B')))
  expect(former).not.toBe(ownText(valueNamed('B')))
  const world = createSwitched(former)

  await world.rotate(tokenOf('settle'))
  expect(bodyOf(world)).toBe(former)
  expect(world.client()).toMatchObject({ current: valueNamed('B'), next: null })
  await world.rotate(tokenOf('rotate'))

  const next = secretIn(bodyOf(world)) ?? ''
  const issuedAt = /"issued_at":"([^"]+)"/.exec(bodyOf(world))?.[1] ?? ''
  expect(bodyOf(world)).toBe(former.replace(valueNamed('B'), next).replace('2026-10-01T00:00:00.000Z', issuedAt))
  await world.rotate(tokenOf('rollback'))
  expect(bodyOf(world)).toBe(former)
})

describe('a rotation whose value the version before stored, and which this version drives on', () => {
  test('a rotate keeps that value and its text', async () => {
    const world = createRegisteredWorld()
    const token = tokenOf('rotate')
    world.secrets.rotateSecret(token)
    const stored = formerText(ownText(valueNamed('N')))
    world.secrets.place(token, { text: stored, labels: ['AWSPENDING'] })
    Object.assign(world.client(), { next: valueNamed('N') })

    for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const)
      await world.step(step, token)

    expect(bodyOf(world)).toBe(stored)
    expect(world.issuer.accepts('m2m-client-test-orders', valueNamed('N'))).toBe(true)
  })

  test('a settle whose copy is another text is not stored twice; at the latest the next one ends the overlap', async () => {
    const current = ownText(valueNamed('B'))
    const world = createSwitched(current)
    const token = tokenOf('settle')
    world.secrets.rotateSecret(token)
    world.secrets.place(token, { text: formerText(current), labels: ['AWSPENDING'] })
    const value = { versionId: token }

    for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const) {
      await world.step(step, token).catch(() => undefined)
    }
    expect((await world.secrets.readValue(SECRET_ARN, value))?.text).toBe(formerText(current))
    if (world.client().next !== null) await world.rotate(tokenOf('settle'))

    expect(world.client()).toMatchObject({ current: valueNamed('B'), next: null })
    expect(secretIn(bodyOf(world))).toBe(valueNamed('B'))
    expect(world.valueUnder('AWSCURRENT')).toBe(valueNamed('B'))
    expect(parseSecret(bodyOf(world), 0)).toMatchObject({ ok: true })
  })
})
