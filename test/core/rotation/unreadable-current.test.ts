// A revoke, and the settle that ends it, from whatever somebody stored as AWSCURRENT: the client is known by Stytch's own word, the value that
// leaked is refused afterwards, and the new one stands in its format beside whatever could be kept.
import { describe, expect, test } from 'vitest'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { steps } from '../../../lambda/core/rotation/refusal.ts'
import { fitSecret, MAX_SECRET_BYTES } from '../../../lambda/core/secret/fit-secret.ts'
import { clientForm, parseSecret } from '../../../lambda/core/secret/secret-format.ts'
import { PROJECT_ID } from '../../fakes/fake-issuer.ts'
import { type Held, storedByOthers } from '../../fakes/stored-by-others.ts'
import { CLIENT_ID, createRegisteredWorld, textOf, tokenOf, valueNamed, type World } from '../../fakes/world.ts'

/** Its last four are in no other value of these tests. */
const LEAKED = `canary-leaked-${'s'.repeat(24)}-LEAK`
const OTHER_CLIENT = 'm2m-client-test-of-another-secret'
const held: Held = {
  clientId: CLIENT_ID,
  value: LEAKED,
  projectId: PROJECT_ID,
  tokenUrl: `https://test.stytch.com/v1/public/${PROJECT_ID}/oauth2/token`,
}
const BY_HAND = 'by-hand-0000000000000000000000000000'

/** As many bytes as Secrets Manager stores. */
const large = (() => {
  const { clientId, value, projectId, tokenUrl } = held
  const own = { client_id: clientId, client_secret: value, project_id: projectId, token_url: tokenUrl }
  const text = JSON.stringify({ ...own, padding: '' })
  return text.replace('"padding":""', `"padding":"${'p'.repeat(MAX_SECRET_BYTES - text.length)}"`)
})()

const corpus: Readonly<Record<string, string | undefined>> = {
  ...Object.fromEntries(Object.entries(storedByOthers).map(([name, write]) => [name, write(held)])),
  'another client’s': textOf('canary-others-oooo', { client_id: OTHER_CLIENT }),
  'another project’s': textOf(LEAKED, { project_id: 'project-live-1' }),
  'a large text without a date': large,
  'a shape that nobody knows': `[["${LEAKED}"]]`,
  'nothing, under a label': undefined,
}

/** The client's own value leaked; it sits where a rotation left it, or where it was registered. */
const worldWith = (text: string | undefined, slots: 'alone' | 'besideOlder' | 'besideOrphan'): World => {
  const world = createRegisteredWorld({})
  world.secrets.place(BY_HAND, { ...(text === undefined ? {} : { text }), labels: ['AWSCURRENT'] })
  world.secrets.tags = { 'm2m:client-id': CLIENT_ID }
  const client = world.client()
  client.current = slots === 'besideOlder' ? valueNamed('A') : LEAKED
  client.next = { alone: null, besideOlder: LEAKED, besideOrphan: 'canary-orphan-orph' }[slots]
  return world
}

const currentText = ({ secrets }: World): string =>
  secrets.versions.get(secrets.holderOf('AWSCURRENT') ?? '')?.text ?? ''

const run = async (world: World, intent: 'revoke' | 'settle' | 'rotate') => {
  const token = tokenOf(intent, world.timing.now())
  await world.rotate(token)
  return token
}

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
  const interrupt = async (
    world: World,
    at: number,
    how: 'killed before' | 'killed after' | 'failed',
  ): Promise<boolean> => {
    let calls = 0
    let met = false
    const hook = () => {
      calls += 1
      if (calls - 1 !== at) return
      met = true
      throw how === 'failed'
        ? new Fault({ code: 'STYTCH_UNAVAILABLE', retryable: true, message: 'on purpose' })
        : new Error('killed')
    }
    const hooks = how === 'killed after' ? world.log.after : world.log.before
    hooks.push(hook)
    const settling = async () => {
      for (const intent of ['revoke', 'settle'] as const) {
        const token = tokenOf(intent, world.timing.now())
        world.secrets.rotateSecret(token)
        for (const name of steps) {
          try {
            await world.step(name, token)
          } catch {
            // Driven again from its beginning, as Secrets Manager and the sweep do.
            for (const again of steps.slice(0, steps.indexOf(name) + 1)) await world.step(again, token)
          }
        }
      }
    }
    await settling()
    hooks.splice(hooks.indexOf(hook), 1)
    return met
  }

  test.each(Object.keys(corpus))('%s', async (name) => {
    for (const slots of ['alone', 'besideOlder', 'besideOrphan'] as const) {
      for (const how of ['killed before', 'killed after', 'failed'] as const) {
        let met = true
        for (let at = 0; met; at += 1) {
          const world = worldWith(corpus[name], slots)
          met = await interrupt(world, at, how)
          const { current, next } = world.client()
          const stored = JSON.parse(currentText(world)).client_secret
          expect([slots, how, at, next, current === stored, current === LEAKED]).toEqual([
            slots,
            how,
            at,
            null,
            true,
            false,
          ])
        }
      }
    }
  })
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
