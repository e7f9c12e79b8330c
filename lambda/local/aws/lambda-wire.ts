// Lambda's replies on the wire: JSON with a request id, and errors whose name stands in a header.
import { randomUUID } from 'node:crypto'
import type { StandInReply } from '../stand-in/server.ts'
import { AwsFault } from './aws-fault.ts'

export const lambdaReply = (
  status: number,
  body: object | string,
  headers: Readonly<Record<string, string>> = {},
): StandInReply => ({
  status,
  headers: { 'x-amzn-requestid': randomUUID(), 'content-type': 'application/json', ...headers },
  body,
})

export const lambdaFaultReply = ({ type, message, status, members }: AwsFault): StandInReply =>
  lambdaReply(status, { Type: 'User', Message: message, message, ...members }, { 'x-amzn-errortype': type })

/** @returns what `run` answers, or the fault that it throws. */
export const answered = async (run: () => StandInReply | Promise<StandInReply>): Promise<StandInReply> => {
  try {
    return await run()
  } catch (error) {
    if (error instanceof AwsFault) return lambdaFaultReply(error)
    throw error
  }
}
