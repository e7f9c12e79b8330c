// One request to a DynamoDB table, signed by hand: two operations are in use, and a client of its own would cost a cold start more than
// both (docs/decisions/020). What passes is tried again; both operations may be sent twice.
import { Fault } from '../../core/base/fault.ts'
import { type JsonObject, parseJsonObject } from '../../core/base/json-object.ts'
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

export const createTableCall =
  ({ call, table, wait }: TableInput): TableCall =>
  async (operation, input) => {
    let why = ''
    for (let tries = 1; tries <= TRIES; tries += 1) {
      if (tries > 1) await wait(PAUSE_MS * 2 ** (tries - 2))
      try {
        const { status, body } = await call({
          path: '/',
          headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': `DynamoDB_20120810.${operation}` },
          body: JSON.stringify({ TableName: table, ...input }),
          timeoutMs: TIMEOUT_MS,
        })
        const json = parseJsonObject(body)
        if (status === 200 && json !== undefined) return json
        why = errorTypeOf(json, status)
        if (why === 'ConditionalCheckFailedException') return undefined
        if (!isPassing(why, status)) throw unavailable(table, operation, why)
      } catch (error) {
        if (error instanceof Fault) throw error
        why = error instanceof Error ? error.name : 'unknown'
      }
    }
    throw unavailable(table, operation, why)
  }
