// KMS as the Signer of proofs, and as the place where their public key is read. Signed by hand: two operations, for which a client of its
// own would cost every cold start (docs/decisions/050).
import { Fault } from '../../core/base/fault.ts'
import { filled, type JsonObject, parseJsonObject } from '../../core/base/json-object.ts'
import type { Signer } from '../../core/base/jws.ts'
import { readPublicKey, type TrustedKey } from '../../core/base/jws.ts'
import { jsonRequest } from './request-signer.ts'
import { isPassing, type Sending, sendAgain } from './send-again.ts'
import { errorTypeOf } from './signed-call.ts'

const TRIES = 2
const TIMEOUT_MS = 3000
const SPEC = 'ECC_NIST_P256'

type KeyCalls = Pick<Sending, 'call' | 'wait'>

interface KeyRequest {
  readonly operation: 'Sign' | 'GetPublicKey'
  readonly keyId: string
  readonly input?: JsonObject
  readonly timeoutMs?: number
}

const failed = ({ operation, keyId }: KeyRequest, why: string, retryable: boolean): Fault =>
  new Fault({
    code: 'SIGNATURE_UNAVAILABLE',
    retryable,
    message: `KMS ${operation} with ${keyId} failed: ${why}; ${retryable ? 'it may be tried again' : "check the key, its policy and the caller's rights"}.`,
  })

const ask = async (calls: KeyCalls, request: KeyRequest): Promise<JsonObject> => {
  const { operation, keyId, input = {}, timeoutMs = TIMEOUT_MS } = request
  const sent = await sendAgain(
    { ...calls, tries: TRIES, timeoutMs },
    jsonRequest(`TrentService.${operation}`, '1.1', { KeyId: keyId, ...input }),
    ({ status, body }) => {
      const why = errorTypeOf(parseJsonObject(body), status)
      return status !== 200 && isPassing(why, status) ? why : undefined
    },
  )
  if (sent.reply === undefined) throw failed(request, sent.why, true)
  const { status, body } = sent.reply
  const json = parseJsonObject(body)
  if (status !== 200) throw failed(request, errorTypeOf(json, status), false)
  if (json === undefined) throw failed(request, 'the answer is not JSON', true)
  return json
}

const bytesIn = (json: JsonObject, name: string): Buffer | undefined => {
  const text = filled(json[name])
  return text === undefined ? undefined : Buffer.from(text, 'base64')
}

export const createKmsSigner = (calls: KeyCalls, keyArn: string): Signer => ({
  keyArn,
  sign: async (digest, timeoutMs) => {
    const request: KeyRequest = {
      operation: 'Sign',
      keyId: keyArn,
      input: {
        Message: Buffer.from(digest).toString('base64'),
        MessageType: 'DIGEST',
        SigningAlgorithm: 'ECDSA_SHA_256',
      },
      timeoutMs: Math.min(TIMEOUT_MS, Math.floor(timeoutMs / TRIES)),
    }
    const signature = bytesIn(await ask(calls, request), 'Signature')
    if (signature === undefined) throw failed(request, 'the answer holds no signature', false)
    return signature
  },
})

/** @param keyId ARN, id or alias; what is trusted is the ARN that KMS answers with. @throws Fault SIGNATURE_UNAVAILABLE */
export const fetchPublicKey = async (calls: KeyCalls, keyId: string): Promise<TrustedKey> => {
  const request: KeyRequest = { operation: 'GetPublicKey', keyId }
  const json = await ask(calls, request)
  const spki = bytesIn(json, 'PublicKey')
  const key = spki === undefined ? undefined : readPublicKey(spki)
  const keyArn = filled(json.KeyId)
  if (key === undefined || keyArn === undefined || json.KeyUsage !== 'SIGN_VERIFY') {
    throw failed(request, `it is not a key of ${SPEC} for signatures`, false)
  }
  return { publicKey: key.publicKey, keyArn }
}
