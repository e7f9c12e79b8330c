// One request to a DynamoDB table, signed without DynamoDB's client (docs/decisions/050). What passes is tried again; both operations may be sent twice.
import { Fault } from '../../core/base/fault.ts'
import { type JsonObject, parseJsonObject } from '../../core/base/json-object.ts'
import { retry } from '../../core/base/retry.ts'
import { jsonRequest } from './request-signer.ts'
import { errorTypeOf, type SignedCall } from './signed-call.ts'

const TIMEOUT_MS = 3000
const TRIES = 3
const PAUSE_MS = 200

export interface TableInput {
  readonly call: SignedCall
  readonly table: string
  readonly wait: (ms: number) => Promise<void>
}

/** @returns the reply, or undefined for a condition that does not hold. @throws Fault RECORDS_UNAVAILABLE */
export type TableCall = (operation: 'UpdateItem' | 'Query', input: JsonObject) => Promise<JsonObject | undefined>

const unavailable = (table: string, what: string, why: string): Fault =>
  new Fault({
    code: 'RECORDS_UNAVAILABLE',
    retryable: true,
    message: `${what} of the table ${table} failed: ${why}; it may be tried again.`,
  })

const isPassing = (type: string, status: number): boolean => status >= 500 || /throttl|exceeded|limit/i.test(type)

type Answered =
  /** undefined: the condition does not hold. */
  { readonly item: JsonObject | undefined } | { readonly why: string; readonly isPassing: boolean }

export const createTableCall =
  ({ call, table, wait }: TableInput): TableCall =>
  async (operation, input) => {
    const request = jsonRequest(`DynamoDB_20120810.${operation}`, '1.0', { TableName: table, ...input })
    const send = async (): Promise<Answered> => {
      try {
        const { status, body } = await call(request, TIMEOUT_MS)
        const json = parseJsonObject(body)
        if (status === 200 && json !== undefined) return { item: json }
        const why = errorTypeOf(json, status)
        if (why === 'ConditionalCheckFailedException') return { item: undefined }
        return { why, isPassing: isPassing(why, status) }
      } catch (error) {
        return { why: error instanceof Error ? error.name : 'unknown', isPassing: true }
      }
    }
    const answer = await retry(send, wait, (end, tries) => {
      const mayHelp = end.status === 'fulfilled' && 'why' in end.value && end.value.isPassing
      return mayHelp && tries < TRIES ? PAUSE_MS * 2 ** (tries - 1) : undefined
    })
    if ('why' in answer) throw unavailable(table, operation, answer.why)
    return answer.item
  }
