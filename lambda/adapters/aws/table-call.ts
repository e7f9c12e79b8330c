// One request to a DynamoDB table, signed without its client: a few operations are in use, and a client of its own would cost a cold start more than
// all of them (docs/decisions/050). What passes is tried again; each of these operations may be sent twice.
import { Fault } from '../../core/base/fault.ts'
import { type JsonObject, parseJsonObject } from '../../core/base/json-object.ts'
import { jsonRequest } from './request-signer.ts'
import { isPassing, type Sending, sendAgain } from './send-again.ts'
import { errorTypeOf } from './signed-call.ts'

export interface TableInput extends Sending {
  readonly table: string
}

export type TableOperation = 'GetItem' | 'PutItem' | 'UpdateItem' | 'DeleteItem' | 'Query'

/** @returns the reply, or undefined for a condition that does not hold. @throws Fault RECORDS_UNAVAILABLE */
export type TableCall = (operation: TableOperation, input: JsonObject) => Promise<JsonObject | undefined>

/** Answers that stay the same until somebody changes something. */
const settled = /^(AccessDenied|ResourceNotFound|Validation)/

const unavailable = (table: string, what: string, why: string): Fault =>
  new Fault({
    code: 'RECORDS_UNAVAILABLE',
    retryable: true,
    message: `${what} of the table ${table} failed: ${why}; ${settled.test(why) ? "check the table's name, and the caller's rights to it" : 'it may be tried again'}.`,
  })

export const createTableCall =
  ({ table, ...sending }: TableInput): TableCall =>
  async (operation, input) => {
    const request = jsonRequest(`DynamoDB_20120810.${operation}`, '1.0', { TableName: table, ...input })
    const sent = await sendAgain(sending, request, ({ status, body }) => {
      const json = parseJsonObject(body)
      const why = errorTypeOf(json, status)
      return status === 200 ? (json === undefined ? why : undefined) : isPassing(why, status) ? why : undefined
    })
    if (sent.reply === undefined) throw unavailable(table, operation, sent.why)
    const { status, body } = sent.reply
    const json = parseJsonObject(body)
    if (status === 200 && json !== undefined) return json
    const why = errorTypeOf(json, status)
    if (why === 'ConditionalCheckFailedException') return undefined
    throw unavailable(table, operation, why)
  }
