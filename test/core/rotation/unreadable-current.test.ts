// A revoke, and the settle that ends it, from whatever somebody stored as AWSCURRENT: the client is known by Stytch's own word, the value that
// leaked is refused afterwards, and the new one stands in its format beside whatever could be kept.
import { describe, expect, test } from 'vitest'
import { fitSecret, MAX_SECRET_BYTES } from '../../../lambda/core/secret/fit-secret.ts'
import { clientForm, parseSecret } from '../../../lambda/core/secret/secret-format.ts'
import { storedByOthers } from '../../fakes/stored-by-others.ts'
import { CLIENT_ID, textOf, type World } from '../../fakes/world.ts'
import {
  BY_HAND,
  corpus,
  currentText,
  held,
  interruptEverywhere,
  interruptions,
  LEAKED,
  large,
  places,
  run,
  worldWith,
} from './unreadable.ts'

describe.each(['alone', 'besideOlder', 'besideOrphan'] as const)('a revoke of a value that sits %s', (slots) => {
  test.each(Object.keys(corpus))('leaves it refused, and a new one in its format: %s', async (name) => {
    const world = worldWith(corpus[name], slots)

    await run(world, 'revoke')
    await run(world, 'settle')

    const text = currentText(world)
    const parsed = parseSecret(text, 0)
    expect(parsed.ok ? [] : parsed.refusal).toEqual([])
    expect(world.issuer.accepts(CLIENT_ID, JSON.parse(text).client_secret)).toBe(true)
    expect(world.issuer.accepts(CLIENT_ID, LEAKED)).toBe(false)
    expect(text).not.toContain(LEAKED)
    expect(world.client().next).toBeNull()
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_SECRET_BYTES)
    expect(world.said()).not.toContain(LEAKED)
  })
})

describe('killed before or after any call, or met by a failure there, and driven on, a revoke and its settle end as undisturbed', () => {
  // Each text in one place and way; all of them in the long run.
  test.each(
    Object.keys(corpus).map(
      (name, at) =>
        [name, places[at % 3] ?? 'alone', interruptions[(at + Math.floor(at / 3)) % 3] ?? 'failed'] as const,
    ),
  )('%s, %s, %s', interruptEverywhere)
})

describe('what the evidence says', () => {
  const evidenceOf = (world: World) => {
    const event = world.events.published.find(({ type }) => type === 'Secret Revoked')
    return event?.detail.evidence as { refused: { versionId: string }[]; bySlots?: string[] } | undefined
  }

  test.each(Object.keys(storedByOthers).filter((name) => !name.startsWith('an empty')))(
    'is that the value was tried, where one was found in the text: %s',
    async (name) => {
      const world = worldWith(corpus[name], 'alone')
      await run(world, 'revoke')
      await run(world, 'settle')

      expect(evidenceOf(world)?.refused.map(({ versionId }) => versionId)).toContain(BY_HAND)
      expect(evidenceOf(world)?.bySlots).toBeUndefined()
    },
  )

  test('is the slots alone, by the version’s id, where none was', async () => {
    const world = worldWith(corpus['an empty object'], 'alone')
    await run(world, 'revoke')
    await run(world, 'settle')

    expect(evidenceOf(world)?.bySlots).toEqual([BY_HAND])
  })
})

describe('own fields', () => {
  test('are kept byte for byte where the text is an object', async () => {
    const text = storedByOthers['CRLF and own fields'](held)
    const world = worldWith(text, 'alone')
    await run(world, 'revoke')

    const now = currentText(world)
    for (const line of ['  "account": 1234567890123456789,\r\n', '  "rate": 1.0,\r\n', '"2024": "b", "1": "a"']) {
      expect(now).toContain(line)
    }
  })

  test('beside a value one level deeper are kept, and its copy is not', async () => {
    const world = worldWith(storedByOthers['one level deeper'](held), 'alone')
    await run(world, 'revoke')

    const now = JSON.parse(currentText(world))
    expect(now).toMatchObject({ client_id: CLIENT_ID, db: { password: 'x' } })
    expect(now).not.toHaveProperty('stytch')
  })

  test('are those of the newest version that can be read, where the text is none', async () => {
    const world = worldWith(`${LEAKED}\n`, 'alone')
    await run(world, 'revoke')

    const now = JSON.parse(currentText(world))
    expect(now).toMatchObject({ team: 'orders' })
  })
})

describe('it acts for no client', () => {
  test.each([
    ['that another secret holds', { boundTo: 'arn:aws:secretsmanager:eu-central-1:111111111111:secret:other-AbCdEf' }],
    ['that no secret holds', { boundTo: undefined }],
  ])('%s, whatever text and tag say', async (_, more) => {
    const world = worldWith('{}', 'alone')
    Object.assign(world.client(), more)

    await expect(run(world, 'revoke')).rejects.toMatchObject({ refusal: { reason: 'holderUnproven' } })

    expect(world.issuer.accepts(CLIENT_ID, LEAKED)).toBe(true)
    expect(world.log.names()).not.toContain('issuer.start')
    expect(world.secrets.holderOf('AWSPENDING')).toBeUndefined()
  })

  test('of a kind that has no such field at its issuer', async () => {
    const world = worldWith('{}', 'alone')
    Object.assign(world.rotation.issuer, { keepsBinding: () => false })

    await expect(run(world, 'revoke')).rejects.toMatchObject({ refusal: { reason: 'holderUnproven' } })
  })
})

describe('a planned rotation', () => {
  test.each(['names in camel case', 'an empty object', 'the bare value', 'another project’s'])(
    'refuses before it touches Stytch, and says what is wrong: %s',
    async (name) => {
      const world = worldWith(corpus[name], 'alone')

      await expect(run(world, 'rotate')).rejects.toThrow(/format|project/)

      expect(world.log.names().filter((call) => call.startsWith('issuer.'))).toEqual([])
    },
  )
})

describe('a value that cannot be stored with a new one in it', () => {
  test('is not asked for by a planned rotation', async () => {
    const world = worldWith(large, 'alone')

    await expect(run(world, 'rotate')).rejects.toMatchObject({ refusal: { reason: 'tooLarge' } })

    expect(world.log.names()).not.toContain('issuer.start')
  })

  test('is stored without the largest of its owner’s fields by a revoke', async () => {
    const world = worldWith(large, 'alone')
    await run(world, 'revoke')

    const text = currentText(world)
    expect(text).not.toContain('padding')
  })

  test('is settled as it is', async () => {
    const world = worldWith(large, 'alone')
    const token = await run(world, 'settle')

    expect(world.secrets.versions.get(token)?.text).toBe(large)
  })

  test('keeps the smaller ones', () => {
    const fields = { small: 's'.repeat(1000), big: 'b'.repeat(60_000), middle: 'm'.repeat(5000) }
    const parsed = parseSecret(textOf(LEAKED, fields), 0)
    if (!parsed.ok) throw new Error(parsed.refusal.join())

    const fitted = fitSecret(clientForm, parsed.value, true)

    expect(fitted.ok ? Object.keys(fitted.value.fields) : []).toEqual(
      Object.keys(parsed.value.fields).filter((name) => name !== 'big'),
    )
    expect(fitSecret(clientForm, parsed.value, false)).toMatchObject({ ok: false })
  })
})
