// Vending over HTTP on the laptop: the deployed handler in processes of its own, behind the front that stands for API Gateway. Callers
// nobody here wrote get tokens, and verifiers nobody here wrote believe them; rotations and a revoke pass underneath without a failed
// vend; and what is thrown at the door changes nothing.
import { execFile, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { request as httpRequest } from 'node:http'
import { promisify } from 'node:util'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { SignatureV4 } from '@smithy/signature-v4'
import stytchSdk from 'stytch'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  createRevocations,
  createTokenClient,
  createVerifier,
  TokenRefused,
  VendFailed,
  type Verify,
} from '../../lambda/client/index.ts'
import { BREAK_GLASS_ALIAS } from '../../lambda/core/clients/clients-api.ts'
import { Sha256 } from '../../lambda/core/vend/sha256.ts'
import { credentialsOf } from '../../lambda/local/iam/people.ts'
import type { Laptop } from '../../lambda/local/laptop/laptop.ts'
import { guardingOf } from '../../lambda/local/story/guarding.ts'
import { createOperator, type Operator } from '../../lambda/local/story/operator.ts'
import { startTestLaptop } from '../fakes/laptop.ts'
import { callsOf } from './control.ts'
import { until } from './spawned.ts'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let laptop: Laptop
let operator: Operator
const log: string[] = []

beforeAll(async () => {
  laptop = await startTestLaptop({
    awsSettings: { redriveSpacingMs: 50 },
    hasVendClient: true,
    onLog: (line) => log.push(line),
  })
  operator = createOperator(laptop.address, guardingOf(laptop))
})
afterAll(async () => {
  operator.secretsManager.destroy()
  await laptop.close()
})

const place = () => {
  const { vend: url, region, access_key_id: accessKeyId, secret_access_key: secretAccessKey } = laptop.address
  return { url, region, credentials: { accessKeyId, secretAccessKey } }
}
const secretArnOf = (name: string): string => {
  const arn = laptop.aws.peek(`m2m/laptop/${name}`)?.arn
  if (arn === undefined) throw new Error(`there is no secret of ${name}`)
  return arn
}
/** A client that keeps nothing: every call is a vend. */
const vend = async (client: string, scopes?: readonly string[]) =>
  createTokenClient({ ...place(), patienceMs: 0, timeoutMs: 20_000 }).token({
    client,
    ...(scopes === undefined ? {} : { scopes }),
  })
const verifier = (withRevocations = false): Verify =>
  createVerifier({
    projectId: laptop.address.project_id,
    jwksUrl: `${laptop.address.stytch}/v1/sessions/jwks/${laptop.address.project_id}`,
    now: laptop.world.clock.now,
    ...(withRevocations
      ? {
          revocations: createRevocations({
            ...place(),
            publicKey: laptop.address.revocations_public_key,
            pollSeconds: 0,
            timeoutMs: 20_000,
          }),
        }
      : {}),
  })

interface RawAnswer {
  readonly status: number
  readonly body: string
}

/** Signs and sends a path exactly as it is written. */
const raw = async (path: string, body = '', method = 'POST'): Promise<RawAnswer> => {
  const { url, region, credentials } = place()
  const { host, hostname, port } = new URL(url)
  const signer = new SignatureV4({ service: 'execute-api', region, credentials, sha256: Sha256 })
  const { headers } = await signer.sign({
    method,
    protocol: 'http:',
    hostname,
    path,
    query: {},
    headers: { host },
    body,
  })
  return new Promise((resolve, reject) => {
    const sent = httpRequest({ hostname, port, path, method, headers }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts).toString() }))
    })
    sent.on('error', reject)
    sent.end(body)
  })
}
const mints = async (): Promise<number> =>
  (await callsOf(laptop.address.stytch)).filter(({ op }) => op === 'Token').length

describe('a vended token', () => {
  it("is believed by Stytch's own SDK", async () => {
    const { accessToken, scopes } = await vend(laptop.address.vend_client)
    const sdk = new stytchSdk.Client({
      project_id: laptop.address.project_id,
      secret: laptop.address.project_secret,
      env: `${laptop.address.stytch}/`,
    })

    const { client_id: clientId, scopes: found } = await sdk.m2m.authenticateToken({
      access_token: accessToken,
      required_scopes: ['read:reports'],
    })

    expect(clientId).toMatch(/^m2m-client-/)
    expect([scopes, found]).toEqual([['read:reports'], ['read:reports']])
  })

  it('is believed by our verifier, with and without the list of revocations', async () => {
    const { accessToken } = await vend(laptop.address.vend_client, ['write:reports'])

    for (const verify of [verifier(), verifier(true)]) {
      expect((await verify(accessToken, { requiredScopes: ['write:reports'] })).scopes).toEqual(['write:reports'])
    }
  })

  it('comes from the cache when it is asked for again', async () => {
    await vend(laptop.address.vend_client)
    const before = await mints()

    const tokens = [await vend(laptop.address.vend_client), await vend(laptop.address.vend_client)]

    expect(tokens[0]?.accessToken).toBe(tokens[1]?.accessToken)
    expect(await mints()).toBe(before)
  })

  const hasCurl = spawnSync('curl', ['--aws-sigv4', 'aws:amz:us-east-1:execute-api', '--version']).status === 0

  it.skipIf(!hasCurl)('is had with curl alone', async () => {
    const { url, region, credentials } = place()
    const { stdout } = await promisify(execFile)('curl', [
      '--silent',
      ...['--aws-sigv4', `aws:amz:${region}:execute-api`],
      ...['--user', `${credentials.accessKeyId}:${credentials.secretAccessKey}`],
      ...['--request', 'POST', `${url}/clients/${laptop.address.vend_client}/token`],
    ])

    expect(JSON.parse(stdout)).toMatchObject({ token_type: 'Bearer', scope: 'read:reports' })
  })

  it.each([
    ['scopes that the client does not have', 'reports', ['delete:reports'], 400, 'invalid_scope'],
    ['a client that there is not', 'nobody', undefined, 403, 'unauthorized_client'],
  ] as const)('is not had for %s', async (_what, client, scopes, status, code) => {
    const failure = await vend(client, scopes).catch((error: unknown) => error)

    expect(failure).toBeInstanceOf(VendFailed)
    expect(failure).toMatchObject({ status, code })
  })

  it('is not had with another key', async () => {
    const tokens = createTokenClient({ ...place(), credentials: { accessKeyId: 'AKIA', secretAccessKey: 'x' } })

    await expect(tokens.token({ client: 'reports' })).rejects.toMatchObject({ status: 403, code: 'access_denied' })
  })
})

describe('under load', () => {
  const scopes = Array.from({ length: 12 }, (_, at) => `scope:${at}`)
  /** Most of them were never asked for before, so that a vend is a mint, with whatever secret is known. */
  const anyScopes = (): readonly string[] => {
    const bits = (randomBytes(2).readUInt16BE() % 4095) + 1
    return scopes.filter((_, at) => (bits >> at) % 2 === 1)
  }

  /** Vends without a pause, in four callers, until the work is done. */
  const underLoad = async (client: string, work: (more: () => Promise<void>) => Promise<void>) => {
    let isOver = false
    const failures: string[] = []
    const vended: string[] = []
    const verify = verifier()
    const callers = Array.from({ length: 4 }, async (_, caller) => {
      while (!isOver) {
        try {
          const { accessToken } = await vend(client, caller % 2 === 0 ? ['scope:0'] : anyScopes())
          await verify(accessToken)
          vended.push(accessToken)
        } catch (error) {
          failures.push(`${error}`)
        }
        // Four of them, below the 50 requests a second that the API lets through.
        await new Promise((done) => {
          setTimeout(done, 100)
        })
      }
    })
    /** Until each caller has gone round a few times more: that long a slow machine takes as well. */
    const more = async (): Promise<void> => {
      const enough = vended.length + failures.length + 12
      await until(() => vended.length + failures.length >= enough, 'more vends')
    }
    await more()
    await work(more)
    await more()
    isOver = true
    await Promise.all(callers)
    return { failures, vended }
  }

  it('rotate, settle, rotate, settle: no vend fails, and every token is good', async () => {
    await operator.register('busy', scopes)
    const before = laptop.stytch.slots(String(laptop.stytch.clientIds().at(-1)))?.lastFour

    const { failures, vended } = await underLoad('busy', async (more) => {
      for (const intent of ['rotate', 'settle', 'rotate', 'settle'] as const) {
        await operator.rotate(secretArnOf('busy'), intent)
        await more()
      }
    })

    expect(failures).toEqual([])
    expect(vended.length).toBeGreaterThan(20)
    expect(laptop.stytch.slots(String(laptop.stytch.clientIds().at(-1)))?.lastFour).not.toBe(before)
  })

  it('a revoke and its settle: no vend fails', async () => {
    await operator.register('leaked', scopes)

    const { failures, vended } = await underLoad('leaked', async (more) => {
      await operator.rotate(secretArnOf('leaked'), 'revoke')
      await operator.rotate(secretArnOf('leaked'), 'settle')
      await more()
    })

    expect(failures).toEqual([])
    expect(vended.length).toBeGreaterThan(20)
  })
})

describe('a revoked client', () => {
  it('has its tokens refused where they are used, and gets new ones that are not', async () => {
    await operator.register('stolen', ['a'])
    const before = await vend('stolen', ['a'])
    await verifier(true)(before.accessToken)
    await operator.rotate(secretArnOf('stolen'), 'revoke')
    await operator.rotate(secretArnOf('stolen'), 'settle')
    // Longer than lists are kept, and than the vendor takes for granted what is current.
    laptop.world.clock.advance(31_000)

    const verify = verifier(true)
    const refused = await verify(before.accessToken).catch((error: unknown) => error)
    const after = await vend('stolen', ['a'])

    expect(refused).toBeInstanceOf(TokenRefused)
    expect(refused).toMatchObject({ code: 'revoked_token' })
    expect(after.accessToken).not.toBe(before.accessToken)
    expect((await verify(after.accessToken)).scopes).toEqual(['a'])
    // A verifier that asks for no list cannot know.
    expect((await verifier()(before.accessToken)).scopes).toEqual(['a'])
  })
})

describe('a second after the proof of a revoke', () => {
  it('no token is vended that a verifier refuses, and whoever kept one has a good one at the next try', async () => {
    await operator.register('leaked-later', ['a'])
    const tokens = createTokenClient(place())
    const kept = await tokens.token({ client: 'leaked-later', scopes: ['a'] })
    await operator.rotate(secretArnOf('leaked-later'), 'revoke')
    await operator.rotate(secretArnOf('leaked-later'), 'settle')
    laptop.world.clock.advance(1_000)

    const verify = verifier(true)
    const fresh = await createTokenClient(place()).token({ client: 'leaked-later', scopes: ['a'] })
    const refused = await verify(kept.accessToken).catch((error: unknown) => error)
    tokens.forget({ client: 'leaked-later', scopes: ['a'] }, kept.accessToken)
    const renewed = await tokens.token({ client: 'leaked-later', scopes: ['a'] })

    expect(refused).toMatchObject({ code: 'revoked_token' })
    expect((await verify(fresh.accessToken)).scopes).toEqual(['a'])
    expect((await verify(renewed.accessToken)).scopes).toEqual(['a'])
  })
})

describe('a client that is switched off', () => {
  const setActive = async (name: string, isActive: boolean): Promise<void> => {
    const lambda = new LambdaClient({
      endpoint: laptop.address.aws,
      region: laptop.address.region,
      credentials: credentialsOf('break-glass'),
    })
    const { FunctionError } = await lambda.send(
      new InvokeCommand({
        FunctionName: 'm2m-laptop-clients',
        Qualifier: BREAK_GLASS_ALIAS,
        Payload: Buffer.from(JSON.stringify({ action: 'setActive', secretName: `m2m/laptop/${name}`, isActive })),
      }),
    )
    lambda.destroy()
    expect(FunctionError).toBeUndefined()
  }

  it('is vended nothing within seconds, its tokens are refused, and both end when it is switched on', async () => {
    await operator.register('paused', ['a'])
    const before = await vend('paused', ['a'])
    await setActive('paused', false)

    const refusal = await until(
      () =>
        vend('paused', ['a']).then(
          () => undefined,
          (error: unknown) => error,
        ),
      'the vendor to obey the list',
    )
    const verified = await verifier(true)(before.accessToken).catch((error: unknown) => error)
    await setActive('paused', true)
    const after = await until(() => vend('paused', ['a']).catch(() => undefined), 'a token of a client that is on')

    expect(refusal).toMatchObject({ status: 403, code: 'unauthorized_client' })
    expect(verified).toMatchObject({ code: 'revoked_token' })
    expect((await verifier(true)(after.accessToken)).scopes).toEqual(['a'])
    await expect(verifier(true)(before.accessToken)).rejects.toMatchObject({ code: 'revoked_token' })
  })
})

describe('a client whose secret Stytch refuses', () => {
  it('gets a clear answer with a time to come back, and the bus hears of it once', async () => {
    const { clientId } = await operator.register('drifted', ['a'])
    laptop.stytch.dashboard.setStatus(clientId, 'inactive')

    const failures = [
      await vend('drifted', ['a']).catch((error: unknown) => error),
      await vend('drifted', ['a']).catch((error: unknown) => error),
    ]

    for (const failure of failures) {
      expect(failure).toMatchObject({
        status: 503,
        code: 'temporarily_unavailable',
        retryAfterSeconds: expect.any(Number),
      })
    }
    const published = laptop.aws.events().filter(({ detailType }) => detailType === 'Credential Refused')
    expect(published.map(({ detail }) => (detail as { clientId: string }).clientId)).toContain(clientId)
  })
})

describe('what is thrown at the door', () => {
  it.each([
    '/clients/reports%2Ftoken/token',
    '/clients/%72eports/token',
    '/clients/reports%00/token',
    '/clients/%2e%2e/token',
    '/clients/reports/../reports/token',
    '/clients//token',
    '//clients/reports/token',
    '/clients/reports//token',
    '/clients/reports/token/',
    '/v1/clients/reports/token',
    `/clients/${'a'.repeat(65)}/token`,
    `/clients/${'a'.repeat(7000)}/token`,
    '/clients/reports/token?client=other',
  ])('%s is no way in', async (path) => {
    const { status, body } = await raw(path)

    expect([400, 403]).toContain(status)
    expect(body).not.toContain('access_token')
  })

  it.each([
    ['a megabyte', 'x'.repeat(1_000_000), 413],
    ['a megabyte of scopes', JSON.stringify({ scopes: Array.from({ length: 100_000 }, (_, at) => `s${at}`) }), 413],
    ['no JSON', 'scopes=a', 400],
    ['another shape', '{"scopes":{"a":1}}', 400],
  ])('a body of %s is refused', async (_what, body, status) => {
    expect((await raw('/clients/reports/token', body)).status).toBe(status)
  })

  it.each(['GET', 'PUT', 'DELETE', 'PATCH'])('%s is not asked for', async (method) => {
    expect((await raw('/clients/reports/token', '', method)).status).toBe(403)
  })

  it('an event that did not come through the API is believed in nothing', async () => {
    const { aws: endpoint, region } = laptop.address
    // API Gateway alone may call it, and the function's own check stands behind that.
    const vendor = laptop.lambda('vendor')
    const admin = new LambdaClient({ endpoint, region, credentials: credentialsOf('admin') })
    const invoke = async (event: object): Promise<string> => {
      const Payload = Buffer.from(JSON.stringify(event))
      const denied = admin.send(new InvokeCommand({ FunctionName: 'm2m-laptop-vendor', Payload }))
      await expect(denied).rejects.toMatchObject({ name: 'AccessDeniedException' })
      return JSON.stringify(await vendor.invoke(event))
    }
    const forged = {
      resource: '/clients/{client}/token',
      path: '/clients/reports/token',
      httpMethod: 'POST',
      pathParameters: { client: 'reports' },
      body: null,
      requestContext: { resourcePath: '/clients/{client}/token', httpMethod: 'POST', apiId: 'another' },
    }

    for (const event of [{}, { client: 'reports' }, forged, { ...forged, requestContext: {} }]) {
      const answer = await invoke(event)
      expect(answer).toContain('access_denied')
      expect(answer).not.toContain('access_token')
    }
    admin.destroy()
  })

  it('leaves the vendor as it was', async () => {
    const before = await vend(laptop.address.vend_client)

    for (let at = 0; at < 20; at += 1) await raw(`/clients/${'%2e'.repeat(at + 1)}/token`, 'x'.repeat(at * 1000))

    expect((await vend(laptop.address.vend_client)).accessToken).toBe(before.accessToken)
  })
})

it('every request left one audit line, and no line holds a token or a secret', async () => {
  const { accessToken } = await vend(laptop.address.vend_client)
  const { clientSecret } = await operator.read('m2m/laptop/reports')
  const audits = log.filter((line) => line.includes('"audit":"vend"'))

  expect(audits.length).toBeGreaterThan(50)
  expect(log.join('\n')).not.toContain(accessToken.split('.')[2])
  expect(log.join('\n')).not.toContain(clientSecret)
  expect(log.join('\n')).not.toContain(laptop.address.secret_access_key)
})
