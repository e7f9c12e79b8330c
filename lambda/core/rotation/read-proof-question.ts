// A question to the rotation function beside Secrets Manager's steps: whether what was revoked last is still refused. Whoever may invoke
// the function writes it, so that every field is looked at, and none is repeated in a message.

import { isJsonObject } from '../base/json-object.ts'
import { ok, type Result, refused } from '../base/result.ts'
import type { Refusal } from './refusal.ts'

interface ProofQuestionEvent {
  /** An ARN or a name. */
  readonly secretId: string
}

const MEMBERS: readonly string[] = ['Ask', 'SecretId']

/** Whether an event asks something, well or badly; everything else is read as a step. */
export const asksSomething = (event: unknown): boolean => isJsonObject(event) && Object.hasOwn(event, 'Ask')

/** `{ "Ask": "prove", "SecretId": "<arn>" }`, and nothing besides. */
export const readProofQuestion = (event: unknown): Result<ProofQuestionEvent, Refusal> => {
  if (!isJsonObject(event)) return refused({ reason: 'malformedEvent', faults: ['expected an object'] })
  const { Ask: ask, SecretId: secretId } = event
  const faults: string[] = []
  if (ask !== 'prove') faults.push('Ask: expected prove')
  if (typeof secretId !== 'string' || secretId === '' || secretId.length > 2048)
    faults.push('SecretId: expected an ARN')
  if (Object.keys(event).some((name) => !MEMBERS.includes(name))) faults.push('expected Ask and SecretId alone')
  if (typeof secretId !== 'string' || faults.length > 0) return refused({ reason: 'malformedEvent', faults })
  return ok({ secretId })
}
