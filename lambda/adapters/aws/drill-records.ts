// Where the last drill's result is kept: one parameter of Systems Manager, for the command line, which is not bundled.
import { GetParameterCommand, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm'
import { Fault } from '../../core/base/fault.ts'
import { type DrillRecord, readDrillRecord, writeDrillRecord } from '../../core/clients/drill-record.ts'
import { errorName } from '../error-name.ts'

export interface DrillRecords {
  readonly parameterName: string
  /** @returns undefined: none was recorded; unreadable: it holds something else. @throws Fault CONTROL_UNREADABLE */
  read(): Promise<DrillRecord | 'unreadable' | undefined>
  /** The last one counts. @throws Fault CONTROL_UNREADABLE */
  write(record: DrillRecord): Promise<void>
}

const failed = (what: string, action: string, error: unknown): Fault =>
  new Fault({
    code: 'CONTROL_UNREADABLE',
    retryable: true,
    message: `${what} failed with ${errorName(error)}; the operator policy allows ${action}.`,
  })

export const createDrillRecords = (client: SSMClient, parameterName: string): DrillRecords => ({
  parameterName,
  read: async () => {
    try {
      const { Parameter: parameter } = await client.send(new GetParameterCommand({ Name: parameterName }))
      return readDrillRecord(parameter?.Value ?? '') ?? 'unreadable'
    } catch (error) {
      if (errorName(error) === 'ParameterNotFound') return undefined
      throw failed(`Reading ${parameterName}`, 'ssm:GetParameter', error)
    }
  },
  write: async (record) => {
    const input = { Name: parameterName, Value: writeDrillRecord(record), Type: 'String', Overwrite: true } as const
    try {
      await client.send(new PutParameterCommand({ ...input, Description: 'The last drill, and its result; m2m drill' }))
    } catch (error) {
      throw failed(`Recording the drill in ${parameterName}`, 'ssm:PutParameter', error)
    }
  },
})
