// Sets what operators want of campaigns that run, and reads it back: one parameter of Systems Manager (campaign-control.ts has the reader of the
// function). For the command line, which is not bundled. Of two who write at the same moment the later one has its way, so what was written is
// read again.
import { GetParameterCommand, PutParameterCommand, type SSMClient } from '@aws-sdk/client-ssm'
import { Fault } from '../../core/base/fault.ts'
import type { ControlWish } from '../../core/campaign/campaign-control.ts'
import { readWishes, type Wishes, writeWishes } from '../../core/campaign/campaign-wishes.ts'
import { errorName } from '../error-name.ts'

export interface CampaignSwitch {
  /** @throws Fault CONTROL_UNREADABLE */
  read(): Promise<Wishes>
  /** @param wish undefined: it shall run. @throws Fault CONTROL_UNREADABLE */
  set(execution: string, wish: ControlWish | undefined): Promise<void>
}

const DESCRIPTION = 'Which campaigns are paused or stopped, by execution; m2m campaign'
const TRIES = 3

const failed = (what: string, why: string): Fault =>
  new Fault({
    code: 'CONTROL_UNREADABLE',
    retryable: true,
    message: `${what} failed: ${why}; the operator policy allows it.`,
  })

export const createCampaignSwitch = (client: SSMClient, parameterName: string): CampaignSwitch => {
  const read = async (): Promise<Wishes> => {
    try {
      const { Parameter: parameter } = await client.send(new GetParameterCommand({ Name: parameterName }))
      // What somebody else wrote there is replaced.
      return readWishes(parameter?.Value ?? '') ?? {}
    } catch (error) {
      if (errorName(error) === 'ParameterNotFound') return {}
      throw failed(`Reading ${parameterName}`, errorName(error))
    }
  }
  const write = async (value: string): Promise<void> => {
    const input = { Name: parameterName, Value: value, Type: 'String', Overwrite: true } as const
    try {
      await client.send(new PutParameterCommand({ ...input, Description: DESCRIPTION }))
    } catch (error) {
      throw failed(`Setting ${parameterName}`, errorName(error))
    }
  }
  return {
    read,
    set: async (execution, wish) => {
      for (let tries = 1; tries <= TRIES; tries += 1) {
        await write(writeWishes(await read(), execution, wish))
        if ((await read())[execution]?.state === wish?.state) return
      }
      throw failed(`Setting ${parameterName}`, 'others change it at the same time')
    },
  }
}
