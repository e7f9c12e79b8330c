// KMS and S3 as the rotation function signs and stores proofs, over HTTP: what is asked, what each answer means, and that the path is signed
// as S3 reads it.
import { createHash, createHmac, generateKeyPairSync } from 'node:crypto'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { createKmsSigner, fetchPublicKey } from '../../../lambda/adapters/aws/kms-signer.ts'
import { createProofStore } from '../../../lambda/adapters/aws/proof-store.ts'
import { createSignedCall } from '../../../lambda/adapters/aws/signed-call.ts'
import { proofKey } from '../../../lambda/core/rotation/proof.ts'
import { createAwsStandIn } from '../../../lambda/local/aws/aws-stand-in.ts'
import { createWorld } from '../../../lambda/local/stand-in/world.ts'
import { PROOF_KEY_ARN, REVOKE_TOKEN, SETTLE_TOKEN } from '../../fakes/proof-key.ts'
import { listenWhileTesting } from './listening.ts'

interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}
type Answer = { readonly status: number; readonly headers?: Record<string, string>; readonly body: string } | 'cut'

const received: Received[] = []
let answers: Answer[] = []
const waits: number[] = []
const wait = async (ms: number): Promise<void> => {
  waits.push(ms)
}
const server = createServer(async (message, response) => {
  const parts: Buffer[] = []
  for await (const part of message) parts.push(part as Buffer)
  const { method = '', url = '', headers } = message
  received.push({ method, path: url, headers, body: Buffer.concat(parts).toString('utf8') })
  const answer = answers.shift() ?? { status: 500, body: '' }
  if (answer === 'cut') response.destroy()
  else response.writeHead(answer.status, answer.headers).end(answer.body)
})
const origin = listenWhileTesting(server)
beforeEach(() => {
  received.length = 0
  waits.length = 0
  answers = []
})

const credentials = { accessKeyId: 'AKIAEXAMPLE', secretAccessKey: 'canary-key' }
const client = new SecretsManagerClient({ region: 'eu-west-1', credentials })
afterAll(() => client.destroy())
const callOf = (service: string, endpoint = origin()) => createSignedCall(client, { service, endpoint })

describe('KMS', () => {
  const signer = () => createKmsSigner({ call: callOf('kms'), wait }, PROOF_KEY_ARN)
  const digest = createHash('sha256').update('text').digest()
  const signature: Answer = { status: 200, body: JSON.stringify({ KeyId: PROOF_KEY_ARN, Signature: 'MAA=' }) }
  const refusal = (type: string, status = 400): Answer => ({ status, body: JSON.stringify({ __type: type }) })

  test('is given the digest, and says that it is one', async () => {
    answers = [signature]

    expect(Buffer.from(await signer().sign(digest, 6000)).toString('hex')).toBe('3000')
    expect(received).toMatchObject([{ method: 'POST', path: '/', headers: { 'x-amz-target': 'TrentService.Sign' } }])
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      KeyId: PROOF_KEY_ARN,
      Message: digest.toString('base64'),
      MessageType: 'DIGEST',
      SigningAlgorithm: 'ECDSA_SHA_256',
    })
  })

  test.each<[string, Answer]>([
    ['throttles', refusal('ThrottlingException')],
    ['is down', refusal('KMSInternalException', 500)],
    ['breaks off', 'cut'],
  ])('that %s is asked once more', async (_what, answer) => {
    answers = [answer, signature]

    expect(await signer().sign(digest, 6000)).toHaveLength(2)
    expect(waits).toEqual([200])
  })

  test('that stays down is told, with the key and without what was signed', async () => {
    answers = ['cut', 'cut']

    await expect(signer().sign(digest, 6000)).rejects.toMatchObject({
      code: 'SIGNATURE_UNAVAILABLE',
      retryable: true,
      message: expect.stringMatching(new RegExp(`^KMS Sign with ${PROOF_KEY_ARN} failed: `)),
    })
    expect(received).toHaveLength(2)
  })

  test.each(['AccessDeniedException', 'DisabledException', 'KMSInvalidStateException'])(
    'that answers %s is not retried',
    async (type) => {
      answers = [refusal(type)]

      await expect(signer().sign(digest, 6000)).rejects.toMatchObject({
        retryable: false,
        message: expect.stringContaining(type),
      })
      expect(received).toHaveLength(1)
    },
  )

  test.each<[number, number]>([
    [6000, 3000],
    [60_000, 3000],
    [1000, 500],
  ])('given %d ms has %d for a try', async (given, each) => {
    const timeouts: number[] = []
    const hanging = createKmsSigner(
      {
        call: async (_request, timeoutMs) => {
          timeouts.push(timeoutMs)
          throw new DOMException('no answer', 'TimeoutError')
        },
        wait,
      },
      PROOF_KEY_ARN,
    )

    await expect(hanging.sign(digest, given)).rejects.toMatchObject({ code: 'SIGNATURE_UNAVAILABLE' })
    expect(timeouts).toEqual([each, each])
  })

  describe('gives the public key', () => {
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey
    const spki = ec.export({ type: 'spki', format: 'der' }).toString('base64')
    const answer = (changes: object): Answer => ({
      status: 200,
      body: JSON.stringify({ KeyId: PROOF_KEY_ARN, PublicKey: spki, KeyUsage: 'SIGN_VERIFY', ...changes }),
    })

    test('by alias, with the ARN that KMS knows it by', async () => {
      answers = [answer({})]
      const trusted = await fetchPublicKey({ call: callOf('kms'), wait }, 'alias/m2m-test-proofs')

      expect(trusted.keyArn).toBe(PROOF_KEY_ARN)
      expect(trusted.publicKey.equals(ec)).toBe(true)
      expect(JSON.parse(received[0]?.body ?? '')).toEqual({ KeyId: 'alias/m2m-test-proofs' })
    })

    test.each<[string, object]>([
      ['for encryption', { KeyUsage: 'KEY_AGREEMENT' }],
      ['without an id', { KeyId: undefined }],
      ['that is none', { PublicKey: 'MAA=' }],
    ])('but not one %s', async (_what, changes) => {
      answers = [answer(changes)]

      await expect(fetchPublicKey({ call: callOf('kms'), wait }, 'alias/any')).rejects.toMatchObject({
        code: 'SIGNATURE_UNAVAILABLE',
        retryable: false,
      })
    })
  })
})

describe('S3', () => {
  const KEY = proofKey({
    stage: 'test',
    secretName: 'm2m/test/a+b=c@d',
    revokeToken: REVOKE_TOKEN,
    settleToken: SETTLE_TOKEN,
  })
  const store = (endpoint = origin(), bucket = 'm2m-evidence') =>
    createProofStore({ call: callOf('s3', endpoint), wait, bucket })
  const refusal = (status: number, code: string): Answer => ({
    status,
    headers: { 'x-amz-request-id': 'R1' },
    body: `<?xml version="1.0"?><Error><Code>${code}</Code></Error>`,
  })
  const stored: Answer = { status: 200, body: '' }

  test('is asked to store it if nothing lies there, with a checksum', async () => {
    answers = [stored]

    expect(await store().put(KEY, 'a.b.c', 6000)).toBe('stored')
    expect(received).toMatchObject([
      {
        method: 'PUT',
        path: `/m2m-evidence/proofs/test/m2m/test/a%2Bb%3Dc%40d/${REVOKE_TOKEN}.${SETTLE_TOKEN}.jws`,
        headers: {
          'if-none-match': '*',
          'content-type': 'application/jose',
          'x-amz-checksum-sha256': createHash('sha256').update('a.b.c').digest('base64'),
        },
        body: 'a.b.c',
      },
    ])
  })

  test('finds the signature right: the path is escaped once, as it is sent', async () => {
    answers = [stored]
    await store().put(KEY, 'a.b.c', 6000)
    const { method = '', path = '', headers = {}, body = '' } = received[0] ?? {}
    const [, date = '', names = '', given = ''] =
      /Credential=AKIAEXAMPLE\/(\d+)\/eu-west-1\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)/.exec(
        headers.authorization ?? '',
      ) ?? []
    const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
    const lines = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`)
    const canonical = [method, path, '', lines.join(''), names, sha256(body)].join('\n')
    const scope = `${date}/eu-west-1/s3/aws4_request`
    const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n')
    const key = [date, 'eu-west-1', 's3', 'aws4_request'].reduce<string | Buffer>(
      (so, part) => createHmac('sha256', so).update(part).digest(),
      `AWS4${credentials.secretAccessKey}`,
    )

    expect(given).toBe(createHmac('sha256', key).update(toSign).digest('hex'))
  })

  test.each([409, 429, 500, 503])('that answers %d is asked once more', async (status) => {
    answers = [refusal(status, 'SlowDown'), stored]

    expect(await store().put(KEY, 'a.b.c', 6000)).toBe('stored')
    expect(waits).toEqual([200])
  })

  test('that is down is told, by key and error', async () => {
    answers = [refusal(503, 'SlowDown'), refusal(503, 'SlowDown')]

    await expect(store().put(KEY, 'a.b.c', 6000)).rejects.toMatchObject({
      code: 'ARCHIVE_UNAVAILABLE',
      retryable: true,
      message: `S3 PutObject of ${KEY} in m2m-evidence failed with SlowDown; it can be retried.`,
    })
  })

  test('that denies it is not retried', async () => {
    answers = [refusal(403, 'AccessDenied')]

    await expect(store().put(KEY, 'a.b.c', 6000)).rejects.toMatchObject({
      code: 'ARCHIVE_REJECTED',
      retryable: false,
      message: expect.stringContaining('AccessDenied, request R1'),
    })
    expect(received).toHaveLength(1)
  })

  test('keeps the first', async () => {
    const standIn = createAwsStandIn({
      world: createWorld(),
      invoke: async () => ({ ok: true }),
      buckets: ['m2m-evidence'],
    })
    const endpoint = await standIn.listen(0)
    try {
      expect(await store(endpoint).put(KEY, 'a.b.c', 6000)).toBe('stored')
      expect(await store(endpoint).put(KEY, 'd.e.f', 6000)).toBe('exists')
      expect(standIn.objects('m2m-evidence')).toEqual({ [KEY]: 'a.b.c' })
    } finally {
      await standIn.close()
    }
  })
})
