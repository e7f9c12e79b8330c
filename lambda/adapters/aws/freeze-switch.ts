// Sets the freeze and reads it back: one parameter of Systems Manager (freeze.ts has the reader of the functions). For the command line,
// which is not bundled. A parameter that is not there freezes nothing.

import { GetParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { Fault } from '../../core/base/fault.ts'
import { type FreezeReading, type FreezeState, readFreezeState } from '../../core/rotation/freeze.ts'
import { errorName } from '../error-name.ts'
import { awsClientSettings } from './aws-call.ts'

export interface FreezeSwitch {
  readonly parameterName: string
  /** unreadable: it holds something else. */
  read(): Promise<FreezeReading>
  set(state: FreezeState): Promise<void>
}

const failed = (what: string, error: unknown): Fault =>
  new Fault({
    code: 'FREEZE_UNREADABLE',
    retryable: true,
    message: `${what} failed with ${errorName(error)}; the operator policy allows it.`,
  })

export const createSystemsManager = (): SSMClient => new SSMClient(awsClientSettings)

export const createFreezeSwitch = (client: SSMClient, parameterName: string): FreezeSwitch => ({
  parameterName,
  read: async () => {
    try {
      const { Parameter: parameter } = await client.send(new GetParameterCommand({ Name: parameterName }))
      return readFreezeState(parameter?.Value) ?? 'unreadable'
    } catch (error) {
      if (error instanceof Error && error.name === 'ParameterNotFound') return 'off'
      throw failed(`Reading the freeze ${parameterName}`, error)
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
      throw failed(`Setting the freeze ${parameterName}`, error)
    }
  },
})
