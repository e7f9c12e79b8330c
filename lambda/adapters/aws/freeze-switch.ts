// Sets the freeze and reads it back: one parameter of Systems Manager (freeze.ts has the reader of the functions). For the command line,
// which is not bundled. A parameter that is not there freezes nothing. Who set it, and when, is what Systems Manager itself recorded.

import {
  GetParameterCommand,
  GetParameterHistoryCommand,
  type ParameterHistory,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm'
import { Fault } from '../../core/base/fault.ts'
import { type FreezeReading, type FreezeState, readFreezeState } from '../../core/rotation/freeze.ts'
import { errorName } from '../error-name.ts'
import { awsClientSettings } from './aws-call.ts'

/** When the parameter was given the value that it has, and by whom. Absent: it is not known. */
export interface FreezeOrigin {
  /** The caller's ARN, as Systems Manager recorded it. */
  readonly by: string | undefined
  /** Epoch milliseconds. */
  readonly since: number | undefined
}

export interface FreezeSwitch {
  readonly parameterName: string
  /** Needs ssm:GetParameterHistory; never throws. */
  origin(): Promise<FreezeOrigin>
  /** unreadable: it holds something else. */
  read(): Promise<FreezeReading>
  set(state: FreezeState): Promise<void>
}

const failed = (what: string, error: unknown): Fault =>
  new Fault({
    code: 'FREEZE_UNREADABLE',
    retryable: true,
    message: `${what} failed with ${errorName(error)}.`,
  })

/** Systems Manager keeps 100 versions, and shows 50 at a time. */
const HISTORY_PAGES = 3

/** @throws whatever the SDK throws */
const readHistory = async (client: SSMClient, Name: string): Promise<readonly ParameterHistory[]> => {
  const found: ParameterHistory[] = []
  let NextToken: string | undefined
  for (let page = 0; page < HISTORY_PAGES; page += 1) {
    const token = NextToken === undefined ? {} : { NextToken }
    const reply = await client.send(new GetParameterHistoryCommand({ Name, MaxResults: 50, ...token }))
    found.push(...(reply.Parameters ?? []))
    NextToken = reply.NextToken
    if (NextToken === undefined) break
  }
  return found.toSorted((one, other) => (one.Version ?? 0) - (other.Version ?? 0))
}

/** Set again to the same, it is no other freeze: the first of the last ones that are alike. */
const originIn = (history: readonly ParameterHistory[]): FreezeOrigin => {
  const last = history.at(-1)
  const other = history.findLastIndex(({ Value }) => Value !== last?.Value)
  const first = history[other + 1]
  return { by: first?.LastModifiedUser, since: first?.LastModifiedDate?.getTime() }
}

export const createSystemsManager = (): SSMClient => new SSMClient(awsClientSettings)

export const createFreezeSwitch = (client: SSMClient, parameterName: string): FreezeSwitch => ({
  parameterName,
  origin: async () => {
    try {
      return originIn(await readHistory(client, parameterName))
    } catch {
      // Who may not read the history may read the parameter.
      const reply = await client.send(new GetParameterCommand({ Name: parameterName })).catch(() => undefined)
      return { by: undefined, since: reply?.Parameter?.LastModifiedDate?.getTime() }
    }
  },
  read: async () => {
    try {
      const { Parameter: parameter } = await client.send(new GetParameterCommand({ Name: parameterName }))
      return readFreezeState(parameter?.Value) ?? 'unreadable'
    } catch (error) {
      if (error instanceof Error && error.name === 'ParameterNotFound') return 'off'
      throw failed(`Reading the freeze ${parameterName} (ssm:GetParameter)`, error)
    }
  },
  set: async (state) => {
    const description = 'off, planned (no planned rotation begins), or all (none at all); m2m freeze'
    try {
      await client.send(
        new PutParameterCommand({
          Name: parameterName,
          Value: state,
          Type: 'String',
          Overwrite: true,
          Description: description,
        }),
      )
    } catch (error) {
      throw failed(`Setting the freeze ${parameterName} (ssm:PutParameter)`, error)
    }
  },
})
