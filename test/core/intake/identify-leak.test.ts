// The search for a leaked value, over HTTP against both stand-ins: every label, every answer of Stytch's, and its bounds.

import { randomBytes, randomUUID } from 'node:crypto'
import { CreateSecretCommand, DeleteSecretCommand, PutSecretValueCommand } from '@aws-sdk/client-secrets-manager'
import { beforeEach, describe, expect, test } from 'vitest'
import { createSecrets } from '../../../lambda/adapters/aws/secrets.ts'
import { createProbing } from '../../../lambda/adapters/stytch/prober.ts'
import { Fault } from '../../../lambda/core/base/fault.ts'
import { hmslHash } from '../../../lambda/core/intake/hmsl.ts'
import {
  identifyLeak,
  MAX_LISTED,
  MAX_SECRETS,
  type Search,
  type SearchRequest,
} from '../../../lambda/core/intake/identify-leak.ts'
import { type LeakFinding, NOTHING_SEARCHED } from '../../../lambda/core/intake/leak-finding.ts'
import { type LeakProof, readProof } from '../../../lambda/core/intake/leak-proof.ts'
import { makeRequestToken, type Origin } from '../../../lambda/core/secret/request-token.ts'
import type { Secret } from '../../../lambda/core/secret/secret.ts'
import { TAG } from '../../../lambda/core/secret/secret-tags.ts'
import { BLANK } from '../../fakes/blank-secret.ts'
import { createFakeTiming } from '../../fakes/fake-timing.ts'
import { PROJECT_ID, useAws, useStytch } from '../../fakes/stand-ins.ts'
import { leakTexts } from './leak-texts.ts'

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
    refused: { count: 3, overMs: 1000 },
    projectId: PROJECT_ID,
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

/** More than one search takes. */
const many = (one: Secret): readonly Secret[] =>
  Array.from({ length: MAX_SECRETS + 1 }, (_none, at) => ({
    ...one,
    arn: `${one.arn}-${at}`,
    name: `${one.name}-${at}`,
  }))
const secretsOf = ({ found }: LeakFinding) => found.filter((match) => match.kind === 'secret')
const ownerOf = (finding: LeakFinding) => secretsOf(finding)[0]?.owner
const stateOf = (finding: LeakFinding) => secretsOf(finding)[0]?.state

describe('a value', () => {
  test('under AWSCURRENT that Stytch accepts is alive', async () => {
    const other = await register()
    const { value, clientId, secretName } = await register()

    const finding = await find(byValue(value))

    expect(finding).toEqual({
      ...NOTHING_SEARCHED,
      found: [
        {
          kind: 'secret',
          state: 'alive',
          requestId: expect.stringMatching(/^request-id-test-/),
          owner: expect.objectContaining({ clientId, secretName, label: 'AWSCURRENT' }),
        },
      ],
      searched: 2,
    })
    expect(ownerOf(await find(byValue(other.value)))?.clientId).toBe(other.clientId)
  })

  test('under AWSPENDING that Stytch accepts is alive', async () => {
    const { put, start } = await register()
    const next = await start()
    await put(next, 'AWSPENDING')

    const finding = await find(byValue(next))

    expect(finding).toMatchObject({ found: [{ state: 'alive', owner: { label: 'AWSPENDING' } }] })
  })

  test('under AWSPREVIOUS that Stytch accepts is alive', async () => {
    const { value, put, start } = await register()
    await put(await start(), 'AWSCURRENT')

    expect(await find(byValue(value))).toMatchObject({ found: [{ state: 'alive', owner: { label: 'AWSPREVIOUS' } }] })
  })

  test('that Stytch refuses is dead, with its answer', async () => {
    const { value, clientId, put, start } = await register()
    await put(await start(), 'AWSCURRENT')
    await stytch.connect().api.rotateComplete(clientId)

    const finding = await find(byValue(value))

    expect(finding.found).toEqual([
      {
        kind: 'secret',
        state: 'dead',
        owner: expect.objectContaining({ clientId, label: 'AWSPREVIOUS' }),
        refusal: {
          status: 401,
          error: 'invalid_client',
          requestId: expect.stringMatching(/^request-id-test-/),
          triedAt: expect.stringMatching(/Z$/),
        },
      },
    ])
  })

  test('that Stytch does not answer for is whose it is all the same', async () => {
    const { value, clientId } = await register()
    stytch.stytch.server.faults.add({ op: 'Token', kind: 'error', status: 503, count: 10 })

    const finding = await find(byValue(value))

    expect(finding).toMatchObject({
      found: [{ state: 'unproven', owner: { clientId }, code: expect.stringMatching(/^STYTCH_/) }],
    })
  })

  test('that is nobody’s is unknown, and is tried nowhere', async () => {
    await register()
    const before = stytch.calls().length

    expect(await find(byValue('nobody’s'))).toEqual({ ...NOTHING_SEARCHED, searched: 1 })
    expect(stytch.calls()).toHaveLength(before)
  })

  test('is found by its HMSL hash', async () => {
    const { value, clientId } = await register()

    const finding = await find({ kind: 'hmsl', hash: await hmslHash(value) })

    expect(finding).toMatchObject({ found: [{ state: 'alive', owner: { clientId } }] })
  })

  test('in a secret that is in nobody’s format does not stop the search', async () => {
    await aws.sdk().secrets.send(new CreateSecretCommand({ Name: `${PREFIX}0-broken`, SecretString: 'not JSON' }))
    await aws.sdk().secrets.send(new CreateSecretCommand({ Name: `${PREFIX}0-empty` }))
    const { value, clientId } = await register()

    expect(ownerOf(await find(byValue(value)))?.clientId).toBe(clientId)
  })

  test('outside of the prefix is none of ours', async () => {
    const { value } = await register()

    expect(await find(byValue(value), { prefix: 'm2m/other/' })).toEqual(NOTHING_SEARCHED)
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

    const named = await find(byValue(value), { clientId })

    expect(named).toMatchObject({ found: [{ state: 'dead', owner: { clientId } }] })
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

describe('a value that somebody stored in a secret of their own, beside another client’s id', () => {
  /** Refused as this client's, while it opens another. */
  const plant = async (value: string, clientId = `m2m-client-test-${randomUUID()}`) => {
    const Name = `${PREFIX}decoy-${randomUUID()}`
    await aws.sdk().secrets.send(
      new CreateSecretCommand({
        Name,
        SecretString: text(clientId, value),
        Tags: [{ Key: TAG.client, Value: clientId }],
      }),
    )
    return { clientId, Name }
  }

  test('is found where it is in use, also where the alert names the made-up client', async () => {
    const { value, clientId } = await register()
    const decoy = await plant(value)

    for (const more of [{}, { clientId: decoy.clientId }]) {
      const finding = await find(byValue(value), more)

      expect(secretsOf(finding).map(({ state, owner }) => [state, owner.clientId])).toContainEqual(['alive', clientId])
      expect(finding.notSearched).toBeUndefined()
    }
  })

  test('is not called dead where the search could not go on to the others', async () => {
    const { value } = await register()
    const decoy = await plant(value)
    const { secrets } = search()
    const pages: Search['secrets'] = {
      ...secrets,
      list: async (prefix, query) => {
        const page = await secrets.list(prefix, query)
        const [one] = page.secrets
        return one === undefined ? page : { ...page, secrets: [...page.secrets, ...many(one)] }
      },
    }

    const finding = await find(byValue(value), { clientId: decoy.clientId }, { secrets: pages })

    expect(secretsOf(finding).map(({ state }) => state)).toEqual(['dead'])
    expect(finding.notSearched).toBe('tooManySecrets')
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

    expect(finding).toEqual({ ...NOTHING_SEARCHED, searched: MAX_SECRETS, olderLeft: MAX_SECRETS - MAX_LISTED })
    expect(reads()).toBe(MAX_SECRETS)
    expect(most()).toBe(32)
  })

  test('one more is too many, and none is read', async () => {
    const { secrets, reads } = reading()

    const finding = await find(byValue('x'), {}, { secrets: { ...fleetOf(MAX_SECRETS + 1), ...secrets } })

    expect(finding).toMatchObject({ found: [], notSearched: 'tooManySecrets' })
    expect(reads()).toBe(0)
  })

  test('are met by narrowing: by tag', async () => {
    const { secrets } = reading()

    const finding = await find(
      byValue('x'),
      { tags: { team: 'a' } },
      { secrets: { ...fleetOf(MAX_SECRETS + 1), ...secrets } },
    )

    expect(finding).toEqual(NOTHING_SEARCHED)
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

    expect(finding).toEqual({ ...NOTHING_SEARCHED, notSearched: 'outOfTime', searched: 50, olderLeft: 50 })
    expect(reads()).toBe(0)
  })

  test('a secret’s own tags narrow', async () => {
    const { value } = await register('tagged', { team: 'a' })

    expect(stateOf(await find(byValue(value), { tags: { team: 'a' } }))).toBe('alive')
    expect((await find(byValue(value), { tags: { team: 'b' } })).found).toEqual([])
  })
})

test('a list that fails is a fault that quotes nothing', async () => {
  const { value } = await register()
  aws.standIn.faults.add({ op: 'ListSecrets', kind: 'error', status: 500, count: 4 })

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

  expect(notes).toEqual([
    {
      outcome: 'found',
      found: 'secret alive',
      secretName,
      searched: 1,
      unreadable: 0,
      olderLeft: 0,
      isCut: false,
      reason: undefined,
    },
  ])
})

test('a deleted secret is left out', async () => {
  const { value, secretName } = await register()
  await aws.sdk().secrets.send(new DeleteSecretCommand({ SecretId: secretName }))

  expect(await find(byValue(value))).toEqual(NOTHING_SEARCHED)
})

describe('a text is searched for every value in it', () => {
  test.each(Object.entries(leakTexts))('%s', async (_, textOf) => {
    await register()
    const { value, clientId } = await register()

    const finding = await find(byValue(textOf({ value, clientId })))

    expect(secretsOf(finding)).toMatchObject([{ state: 'alive', owner: { clientId } }])
    expect(JSON.stringify([finding, notes])).not.toContain(value.slice(0, 12))
  })

  test('with two clients’ values finds both', async () => {
    const [one, other] = [await register(), await register()]

    const finding = await find(byValue(`ONE=${one.value}\nOTHER=${other.value}\n`))

    expect(new Set(secretsOf(finding).map(({ owner }) => owner.clientId))).toEqual(
      new Set([one.clientId, other.clientId]),
    )
  })

  test('with a value that is alive and one that is dead says which is which', async () => {
    const dead = await register()
    await dead.put(await dead.start(), 'AWSCURRENT')
    await stytch.connect().api.rotateComplete(dead.clientId)
    const alive = await register()

    const finding = await find(byValue(`A=${dead.value}\nB=${alive.value}\n`))

    expect(new Map(secretsOf(finding).map(({ owner, state }) => [owner.clientId, state]))).toEqual(
      new Map([
        [dead.clientId, 'dead'],
        [alive.clientId, 'alive'],
      ]),
    )
  })

  test('that holds nothing of ours says how many were searched', async () => {
    await register()

    expect(await find(byValue('password = hunter2hunter2hunter2'))).toEqual({ ...NOTHING_SEARCHED, searched: 1 })
  })
})

describe('a value that carries no label any more', () => {
  const at = Date.parse('2026-10-05T09:00:00.000Z')
  const tokenOf = (origin: Origin, about: string, secretArn: string): string =>
    makeRequestToken({ origin, askedAt: at, attempt: 1, secretArn, about })

  /** The revoke and the settle that the rotation function would make of it. */
  const revoke = async (client: Awaited<ReturnType<typeof register>>) => {
    const { sdk } = aws
    const arn = aws.standIn.peek(client.secretName)?.arn ?? ''
    const next = await client.start()
    const revokeToken = tokenOf('revoke', 'INC-1', arn)
    const settleToken = tokenOf('settle', revokeToken, arn)
    const put = (ClientRequestToken: string) =>
      sdk().secrets.send(
        new PutSecretValueCommand({
          SecretId: client.secretName,
          SecretString: text(client.clientId, next),
          ClientRequestToken,
          VersionStages: ['AWSCURRENT'],
        }),
      )
    await put(revokeToken)
    await stytch.connect().api.rotateComplete(client.clientId)
    await put(settleToken)
    const settle = aws.standIn.peek(client.secretName)?.versions.find(({ id }) => id === settleToken)
    return { next, since: new Date(settle?.createdAt ?? 0).toISOString() }
  }

  test('was revoked a moment ago: it is dead since its settle, though nobody named its client', async () => {
    await register()
    const client = await register()
    const { since } = await revoke(client)

    const finding = await find(byValue(`SECRET=${client.value}\n`))

    expect(finding.found).toMatchObject([
      { kind: 'secret', state: 'dead', owner: { clientId: client.clientId }, since },
    ])
  })

  test('is found behind later rotations as well', async () => {
    const client = await register()
    const { since, next } = await revoke(client)
    await client.put(await client.start(), 'AWSCURRENT')
    await stytch.connect().api.rotateComplete(client.clientId)
    await client.put(await client.start(), 'AWSCURRENT')

    expect((await find(byValue(client.value))).found).toMatchObject([{ state: 'dead', since }])
    const later = await find(byValue(next))
    expect(later.found).toMatchObject([{ state: 'dead', owner: { clientId: client.clientId } }])
    expect(later.found[0]).not.toHaveProperty('since')
  })

  test('is looked for in 100 secrets at most once something was found, so that an incident need not wait', async () => {
    const { value, clientId } = await register()
    const reader = createSecrets(aws.sdk().secrets)
    let listed = 0
    const others = Array.from({ length: 300 }, (_, number) => ({
      ...BLANK,
      arn: `arn:${number}`,
      name: `${PREFIX}${number}`,
      tags: {},
      labels: { [`v${number}`]: ['AWSCURRENT'] },
      rotationEnabled: true,
      rotationFunctionArn: undefined,
      isDeleted: false,
      createdAt: 0,
      lastChangedAt: at,
      lastRotatedAt: 0,
      nextRotationAt: 0,
    }))
    const secrets: Search['secrets'] = {
      list: async (prefix) => ({ secrets: [...others, ...(await reader.list(prefix)).secrets], nextPage: undefined }),
      listVersions: async () => {
        listed += 1
        return []
      },
      readValue: async (secretId, query) =>
        secretId.startsWith('arn:aws:') ? reader.readValue(secretId, query) : undefined,
    }

    const finding = await find(byValue(`A=${value}\nB=${'Zz9'.repeat(14)}\n`), {}, { secrets })

    expect(finding.found).toMatchObject([{ state: 'alive', owner: { clientId } }])
    expect([listed, finding.olderLeft]).toEqual([100, 201])
  })

  test('is looked for in at most 1,000 secrets, those that show a revoke first', async () => {
    const listed: string[] = []
    const secrets = Array.from({ length: MAX_LISTED + 20 }, (_, number) => ({
      ...BLANK,
      arn: `arn:${number}`,
      name: `${PREFIX}${number}`,
      labels: { [number === 1010 ? tokenOf('revoke', 'INC-1', 'arn:1010') : `v${number}`]: ['AWSCURRENT'] },
      tags: {},
      rotationEnabled: true,
      rotationFunctionArn: undefined,
      isDeleted: false,
      createdAt: 0,
      lastChangedAt: at - number,
      lastRotatedAt: 0,
      nextRotationAt: 0,
    }))

    const finding = await find(
      byValue('x'.repeat(44)),
      {},
      {
        secrets: {
          list: async () => ({ secrets, nextPage: undefined }),
          listVersions: async (arn) => {
            listed.push(arn)
            return []
          },
          readValue: async () => undefined,
        },
      },
    )

    expect(listed).toHaveLength(MAX_LISTED)
    expect(listed[0]).toBe('arn:1010')
    expect(finding).toMatchObject({ found: [], searched: MAX_LISTED + 20, olderLeft: 20 })
  })
})

describe('what could not be read', () => {
  test('is named, and does not stop the search', async () => {
    const broken = await register('broken')
    const { value, clientId } = await register()
    const reader = createSecrets(aws.sdk().secrets)
    const arn = aws.standIn.peek(broken.secretName)?.arn
    const secrets: Search['secrets'] = {
      ...reader,
      readValue: async (secretId, query) => {
        if (secretId !== arn) return reader.readValue(secretId, query)
        throw new Fault({ code: 'SECRETS_MANAGER_REJECTED', retryable: false, message: 'AccessDeniedException' })
      },
    }

    expect(await find(byValue('z'.repeat(44)), {}, { secrets })).toEqual({
      ...NOTHING_SEARCHED,
      searched: 2,
      unreadable: [broken.secretName],
    })
    expect(ownerOf(await find(byValue(value), {}, { secrets }))?.clientId).toBe(clientId)
  })

  test.each<[string, string, boolean]>([
    ['is not JSON', 'not JSON at all', true],
    ['is cut off', '{"client_id":"m2m-client-test-1","client_secret":"NHQhc7Zq', true],
    ['is JSON of another shape', '{"user":"a","password":"b"}', true],
  ])('since it %s, is named', async (_, stored, isNamed) => {
    await aws.sdk().secrets.send(new CreateSecretCommand({ Name: `${PREFIX}odd`, SecretString: stored }))

    expect((await find(byValue('z'.repeat(44)))).unreadable).toEqual(isNamed ? [`${PREFIX}odd`] : [])
  })

  test.each<[string, (clientId: string, value: string) => string]>([
    ['the bare value', (_, value) => value],
    ['a .env', (clientId, value) => `CLIENT_ID=${clientId}\nCLIENT_SECRET=${value}\n`],
    ['JSON in camel case', (clientId, value) => JSON.stringify({ clientId, clientSecret: value })],
    ['JSON that lacks its end', (clientId, value) => `{"client_id":"${clientId}","client_secret":"${value}","proj`],
  ])('as one of ours is compared part by part: %s', async (_, storedOf) => {
    const { clientId, value, secretName } = await register()
    const SecretString = storedOf(clientId, value)
    await aws.sdk().secrets.send(new PutSecretValueCommand({ SecretId: secretName, SecretString }))

    const finding = await find(byValue(value))

    expect(finding).toMatchObject({
      found: [{ state: 'alive', owner: { clientId, secretName, label: 'AWSCURRENT' } }],
      unreadable: [],
    })
  })

  test('as one of ours and leaked with the text around it is found once, as alive', async () => {
    const { clientId, value, secretName } = await register()
    const SecretString = `CLIENT_ID=${clientId}\nCLIENT_SECRET=${value}\n`
    await aws.sdk().secrets.send(new PutSecretValueCommand({ SecretId: secretName, SecretString }))

    expect((await find(byValue(SecretString))).found).toMatchObject([{ state: 'alive', owner: { secretName } }])
  })

  test('and names no client is whose it is all the same', async () => {
    const { value } = await register()
    const Name = `${PREFIX}0-nameless`
    await aws.sdk().secrets.send(new CreateSecretCommand({ Name, SecretString: `SECRET=${value}` }))

    const finding = await find(byValue(value), { prefix: Name })

    expect(finding.found).toMatchObject([{ state: 'unproven', code: 'CLIENT_UNKNOWN', owner: { secretName: Name } }])
  })
})

describe('what Stytch answers', () => {
  test('one refusal is one node’s: the value is alive if another accepts it', async () => {
    const { value, clientId } = await register()
    let asked = 0
    const finding = await find(
      byValue(value),
      {},
      {
        prober: {
          exchange: async () => {
            asked += 1
            return asked === 1
              ? { accepted: false, status: 401, error: 'invalid_client', requestId: 'r1' }
              : { accepted: true, requestId: 'r2' }
          },
        },
      },
    )

    expect(finding.found).toMatchObject([{ state: 'alive', owner: { clientId }, requestId: 'r2' }])
  })

  test('a value that stands beside another client’s id is tried with the id of its tag, too', async () => {
    const { value, clientId, secretName } = await register()
    const SecretString = text('m2m-client-test-somebody-else', value)
    await aws.sdk().secrets.send(new PutSecretValueCommand({ SecretId: secretName, SecretString }))

    expect((await find(byValue(value))).found).toMatchObject([{ state: 'alive', owner: { clientId } }])
  })
})

describe('an access token', () => {
  const part = (json: object): string => Buffer.from(JSON.stringify(json)).toString('base64url')
  const tokenOf = (sub: string, exp: number, projectId = PROJECT_ID): string =>
    `${part({ alg: 'RS256' })}.${part({ sub, iss: `stytch.com/${projectId}`, aud: [projectId], exp })}.${'sig'.repeat(30)}`
  const soon = 4_000_000_000

  test('is its client’s, until it expires; the client’s secret is not concluded upon', async () => {
    const { clientId, secretName } = await register()

    const finding = await find(byValue(`Authorization: Bearer ${tokenOf(clientId, soon)}`))

    expect(finding.found).toEqual([
      { kind: 'accessToken', state: 'alive', clientId, secretName, until: new Date(soon * 1000).toISOString() },
    ])
  })

  test('that has expired is dead', async () => {
    expect((await find(byValue(tokenOf('m2m-client-test-x', 1)))).found).toMatchObject([
      { kind: 'accessToken', state: 'dead', clientId: 'm2m-client-test-x' },
    ])
  })

  test('of another project is none of ours', async () => {
    expect((await find(byValue(tokenOf('m2m-client-test-x', soon, 'project-test-other')))).found).toEqual([])
  })
})

describe('the project’s own secret', () => {
  const projectSecretName = 'stytch/m2m-test'
  const secret = (): string => `secret-test-${randomBytes(26).toString('base64url')}=`
  const stored = (value: string): string => JSON.stringify({ project_id: PROJECT_ID, secret: value })
  const store = async (value: string): Promise<void> => {
    await aws.sdk().secrets.send(new CreateSecretCommand({ Name: projectSecretName, SecretString: stored(value) }))
  }

  test('is found, and never tried at Stytch', async () => {
    const value = secret()
    await store(value)
    const before = stytch.calls().length

    const finding = await find(byValue(`STYTCH_SECRET=${value}\n`), {}, { projectSecretName })

    expect(finding).toMatchObject({
      found: [{ kind: 'projectSecret', state: 'alive', secretName: projectSecretName, label: 'AWSCURRENT' }],
      hasProjectSecretForm: true,
    })
    expect(stytch.calls()).toHaveLength(before)
  })

  test('of before is alive until a settle has ended it', async () => {
    const value = secret()
    await store(value)
    const arn = aws.standIn.peek(projectSecretName)?.arn ?? ''
    const next = stored(secret())
    const put = (ClientRequestToken: string) =>
      aws.sdk().secrets.send(
        new PutSecretValueCommand({
          SecretId: projectSecretName,
          SecretString: next,
          ClientRequestToken,
          VersionStages: ['AWSCURRENT'],
        }),
      )
    const askedAt = Date.parse('2026-10-05T09:00:00.000Z')
    const revokeToken = makeRequestToken({ origin: 'revoke', askedAt, attempt: 1, secretArn: arn, about: 'INC' })
    await put(revokeToken)
    expect((await find(byValue(value), {}, { projectSecretName })).found).toMatchObject([{ state: 'alive' }])

    await put(makeRequestToken({ origin: 'settle', askedAt, attempt: 1, secretArn: arn, about: revokeToken }))

    expect((await find(byValue(value), {}, { projectSecretName })).found).toMatchObject([
      { kind: 'projectSecret', state: 'dead', since: expect.stringMatching(/^20/) },
    ])
  })

  test('is said to be another’s only where it was held against every stored one', async () => {
    await store(secret())
    const other = byValue(secret())

    expect(await find(other, {}, { projectSecretName })).toMatchObject({ found: [], isProjectCompared: true })
    // A stage whose functions get it in another way.
    expect(await find(other, {}, {})).not.toHaveProperty('isProjectCompared')
    expect(await find(other, {}, { projectSecretName: 'stytch/is-not-there' })).not.toHaveProperty('isProjectCompared')
  })

  test('that cannot be read is named', async () => {
    const finding = await find(byValue(secret()), {}, { projectSecretName: 'stytch/is-not-there' })

    expect(finding).toMatchObject({ found: [], hasProjectSecretForm: true, unreadable: ['stytch/is-not-there'] })
  })
})
