// The search for a leaked value, over HTTP against both stand-ins: every label, every answer of Stytch's, and its bounds.

import { randomBytes, randomUUID } from 'node:crypto'
import { CreateSecretCommand, DeleteSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { beforeEach, describe, expect, test } from 'vitest'
import { createSecrets } from '../../../lambda/adapters/aws/secrets.ts'
import { createProbing } from '../../../lambda/adapters/stytch/prober.ts'
import { hmslHash } from '../../../lambda/core/intake/hmsl.ts'
import {
  identifyLeak,
  MAX_SECRETS,
  type Search,
  type SearchRequest,
} from '../../../lambda/core/intake/identify-leak.ts'
import type { LeakFinding } from '../../../lambda/core/intake/leak-finding.ts'
import { type LeakProof, readProof } from '../../../lambda/core/intake/leak-proof.ts'
import { TAG } from '../../../lambda/core/secret/secret-tags.ts'
import { BLANK } from '../../fakes/blank-secret.ts'
import { createFakeTiming } from '../../fakes/fake-timing.ts'
import { PROJECT_ID, useAws, useStytch } from '../../fakes/stand-ins.ts'

const aws = useAws()
const stytch = useStytch()
const PREFIX = 'm2m/test/'

let notes: object[]
beforeEach(() => {
  notes = []
})

const search = (changes: Partial<Search> = {}): Search => {
  const timing = createFakeTiming()
  timing.restart(300_000)
  return {
    secrets: createSecrets(aws.sdk().secrets),
    prober: createProbing({ projectId: PROJECT_ID, baseUrl: stytch.origin() })(timing),
    timing,
    journal: { note: (entry) => notes.push(entry) },
    newKey: () => randomBytes(32),
    ...changes,
  }
}

const byValue = (value: string): LeakProof => {
  const proof = readProof(value, undefined)
  if (!proof.ok) throw new Error(proof.refusal)
  return proof.value
}
const find = (
  proof: LeakProof,
  more: Partial<SearchRequest> = {},
  changes: Partial<Search> = {},
): Promise<LeakFinding> => identifyLeak(search(changes), { proof, prefix: PREFIX, tags: {}, ...more })

const text = (clientId: string, value: string): string =>
  JSON.stringify({ client_id: clientId, client_secret: value, project_id: PROJECT_ID, token_url: 'https://x.example' })

/** A client at Stytch, and a secret that holds its value. */
const register = async (name: string = randomUUID(), tags: Readonly<Record<string, string>> = {}) => {
  const reply = await stytch.connect().api.createClient({ scopes: [] })
  if (!reply.ok) throw new Error(reply.error)
  const { clientId, clientSecret } = reply.value
  const value = clientSecret.reveal()
  const Tags = Object.entries({ [TAG.client]: clientId, ...tags }).map(([Key, Value]) => ({ Key, Value }))
  const SecretId = `${PREFIX}${name}`
  await aws.sdk().secrets.send(new CreateSecretCommand({ Name: SecretId, SecretString: text(clientId, value), Tags }))
  const put = (stored: string, ...VersionStages: string[]) =>
    aws.sdk().secrets.send(new PutSecretValueCommand({ SecretId, SecretString: text(clientId, stored), VersionStages }))
  const start = async (): Promise<string> => {
    const started = await stytch.connect().api.rotateStart(clientId)
    if (!started.ok) throw new Error(started.error)
    return started.value.reveal()
  }
  return { clientId, value, secretName: SecretId, put, start }
}

const ownerOf = (finding: LeakFinding) => ('owner' in finding ? finding.owner : undefined)

describe('a value', () => {
  test('under AWSCURRENT that Stytch accepts is alive', async () => {
    const other = await register()
    const { value, clientId, secretName } = await register()

    const finding = await find(byValue(value))

    expect(finding).toEqual({
      outcome: 'alive',
      requestId: expect.stringMatching(/^request-id-test-/),
      owner: expect.objectContaining({ clientId, secretName, label: 'AWSCURRENT' }),
    })
    expect(ownerOf(await find(byValue(other.value)))?.clientId).toBe(other.clientId)
  })

  test('under AWSPENDING that Stytch accepts is alive', async () => {
    const { put, start } = await register()
    const next = await start()
    await put(next, 'AWSPENDING')

    const finding = await find(byValue(next))

    expect(finding).toMatchObject({ outcome: 'alive', owner: { label: 'AWSPENDING' } })
  })

  test('under AWSPREVIOUS that Stytch accepts is alive', async () => {
    const { value, put, start } = await register()
    await put(await start(), 'AWSCURRENT')

    expect(await find(byValue(value))).toMatchObject({ outcome: 'alive', owner: { label: 'AWSPREVIOUS' } })
  })

  test('that Stytch refuses is dead, with its answer', async () => {
    const { value, clientId, put, start } = await register()
    await put(await start(), 'AWSCURRENT')
    await stytch.connect().api.rotateComplete(clientId)

    const finding = await find(byValue(value))

    expect(finding).toEqual({
      outcome: 'dead',
      owner: expect.objectContaining({ clientId, label: 'AWSPREVIOUS' }),
      refusal: {
        status: 401,
        error: 'invalid_client',
        requestId: expect.stringMatching(/^request-id-test-/),
        triedAt: expect.stringMatching(/Z$/),
      },
    })
  })

  test('that Stytch does not answer for is whose it is all the same', async () => {
    const { value, clientId } = await register()
    stytch.stytch.server.faults.add({ op: 'Token', kind: 'error', status: 503, count: 10 })

    const finding = await find(byValue(value))

    expect(finding).toMatchObject({ outcome: 'unproven', owner: { clientId }, code: expect.stringMatching(/^STYTCH_/) })
  })

  test('that is nobody’s is unknown, and is tried nowhere', async () => {
    await register()
    const before = stytch.calls().length

    expect(await find(byValue('nobody’s'))).toEqual({ outcome: 'unknown', searched: 1 })
    expect(stytch.calls()).toHaveLength(before)
  })

  test('is found by its HMSL hash', async () => {
    const { value, clientId } = await register()

    const finding = await find({ kind: 'hmsl', hash: await hmslHash(value) })

    expect(finding).toMatchObject({ outcome: 'alive', owner: { clientId } })
  })

  test('in a secret that is in nobody’s format does not stop the search', async () => {
    await aws.sdk().secrets.send(new CreateSecretCommand({ Name: `${PREFIX}0-broken`, SecretString: 'not JSON' }))
    await aws.sdk().secrets.send(new CreateSecretCommand({ Name: `${PREFIX}0-empty` }))
    const { value, clientId } = await register()

    expect(ownerOf(await find(byValue(value)))?.clientId).toBe(clientId)
  })

  test('outside of the prefix is none of ours', async () => {
    const { value } = await register()

    expect(await find(byValue(value), { prefix: 'm2m/other/' })).toEqual({ outcome: 'unknown', searched: 0 })
  })
})

describe('a client that the alert names', () => {
  test('is searched first, with one read', async () => {
    for (let at = 0; at < 5; at += 1) await register(`a-${at}`)
    const { value, clientId } = await register('z')
    const before = aws.calls().length

    const finding = await find(byValue(value), { clientId })

    const reads = aws
      .calls()
      .slice(before)
      .filter((op) => op === 'GetSecretValue')
    expect(ownerOf(finding)?.clientId).toBe(clientId)
    expect(reads).toHaveLength(1)
  })

  test('has its versions without a label compared as well', async () => {
    const { value, clientId, put, start } = await register()
    await put(await start(), 'AWSCURRENT')
    await stytch.connect().api.rotateComplete(clientId)
    await put(await start(), 'AWSCURRENT')

    const unnamed = await find(byValue(value))
    const named = await find(byValue(value), { clientId })

    expect(unnamed.outcome).toBe('unknown')
    expect(named).toMatchObject({ outcome: 'dead', owner: { clientId } })
    expect(ownerOf(named)).not.toHaveProperty('label')
  })

  test('that is not the value’s is not believed: the others are searched, too', async () => {
    const named = await register()
    const { value, clientId } = await register()

    expect(ownerOf(await find(byValue(value), { clientId: named.clientId }))?.clientId).toBe(clientId)
  })

  test('that nobody has changes nothing', async () => {
    const { value, clientId } = await register()

    expect(ownerOf(await find(byValue(value), { clientId: 'm2m-client-test-none' }))?.clientId).toBe(clientId)
  })
})

describe('the bounds', () => {
  /** A fleet of so many, of which nobody can read any. */
  const fleetOf = (count: number, tags: Readonly<Record<string, string>> = {}): Pick<Search['secrets'], 'list'> => ({
    list: async (_prefix, { page = '0' } = {}) => {
      const from = Number(page)
      const secrets = Array.from({ length: Math.min(100, count - from) }, (_, at) => ({
        ...BLANK,
        arn: `arn:${from + at}`,
        name: `${PREFIX}${from + at}`,
        tags,
        labels: { [`v${from + at}`]: ['AWSCURRENT'] },
        rotationEnabled: true,
        rotationFunctionArn: undefined,
        isDeleted: false,
        createdAt: 0,
        lastChangedAt: 0,
        lastRotatedAt: 0,
        nextRotationAt: 0,
      }))
      return { secrets, nextPage: from + 100 < count ? String(from + 100) : undefined }
    },
  })
  const reading = () => {
    let underWay = 0
    let most = 0
    let reads = 0
    const secrets: Omit<Search['secrets'], 'list'> = {
      listVersions: async () => [],
      readValue: async () => {
        reads += 1
        underWay += 1
        most = Math.max(most, underWay)
        await new Promise((resolve) => setImmediate(resolve))
        underWay -= 1
        return undefined
      },
    }
    return { secrets, reads: () => reads, most: () => most }
  }

  test('10,000 secrets are searched, 32 at once', async () => {
    const { secrets, reads, most } = reading()

    const finding = await find(byValue('x'), {}, { secrets: { ...fleetOf(MAX_SECRETS), ...secrets } })

    expect(finding).toEqual({ outcome: 'unknown', searched: MAX_SECRETS })
    expect(reads()).toBe(MAX_SECRETS)
    expect(most()).toBe(32)
  })

  test('one more is too many, and none is read', async () => {
    const { secrets, reads } = reading()

    const finding = await find(byValue('x'), {}, { secrets: { ...fleetOf(MAX_SECRETS + 1), ...secrets } })

    expect(finding).toMatchObject({ outcome: 'notSearched', reason: 'tooManySecrets' })
    expect(reads()).toBe(0)
  })

  test('are met by narrowing: by tag', async () => {
    const { secrets } = reading()

    const finding = await find(
      byValue('x'),
      { tags: { team: 'a' } },
      { secrets: { ...fleetOf(MAX_SECRETS + 1), ...secrets } },
    )

    expect(finding).toEqual({ outcome: 'unknown', searched: 0 })
  })

  test('do not stop the search in the secrets of a client that is named', async () => {
    const { secrets } = reading()
    let listed = 0
    const fleet = fleetOf(MAX_SECRETS + 1, { [TAG.client]: 'named' })

    await find(
      byValue('x'),
      { clientId: 'named' },
      {
        secrets: {
          ...fleet,
          ...secrets,
          listVersions: async () => {
            listed += 1
            return []
          },
        },
      },
    )

    expect(listed).toBeGreaterThan(0)
  })

  test('a function that is short of time says so', async () => {
    const { secrets, reads } = reading()
    const timing = createFakeTiming()
    timing.restart(9_000)

    const finding = await find(byValue('x'), {}, { secrets: { ...fleetOf(50), ...secrets }, timing })

    expect(finding).toEqual({ outcome: 'notSearched', reason: 'outOfTime', searched: 50 })
    expect(reads()).toBe(0)
  })

  test('a secret’s own tags narrow', async () => {
    const { value } = await register('tagged', { team: 'a' })

    expect((await find(byValue(value), { tags: { team: 'a' } })).outcome).toBe('alive')
    expect((await find(byValue(value), { tags: { team: 'b' } })).outcome).toBe('unknown')
  })
})

test('a failure of Secrets Manager is a fault that quotes nothing', async () => {
  const { value } = await register()
  aws.standIn.faults.add({ op: 'GetSecretValue', kind: 'error', status: 500, count: 4 })

  const failure = await find(byValue(value)).then(
    () => new Error('found'),
    (error: unknown) => error as Error,
  )

  expect(failure).toMatchObject({ code: 'SECRETS_MANAGER_UNAVAILABLE' })
  expect(failure.message).not.toContain(value)
})

test('the log has what was searched, and never the value', async () => {
  const { value, secretName } = await register()
  await find(byValue(value))

  expect(notes).toEqual([{ outcome: 'alive', secretName, searched: 1 }])
})

test('a deleted secret is left out', async () => {
  const { value, secretName } = await register()
  await aws.sdk().secrets.send(new DeleteSecretCommand({ SecretId: secretName }))

  expect(await find(byValue(value))).toEqual({ outcome: 'unknown', searched: 0 })
})
