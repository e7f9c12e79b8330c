// What operators want of campaigns that run, from one parameter of Systems Manager. One that is not there wants nothing.
import { Fault } from '../../core/base/fault.ts'
import type { CampaignControl } from '../../core/campaign/campaign-control.ts'
import { readWishes } from '../../core/campaign/campaign-wishes.ts'
import { createParameterReader } from './parameter-reader.ts'
import type { SignedCall } from './signed-call.ts'

const unreadable = (name: string, why: string): Fault =>
  new Fault({
    code: 'CONTROL_UNREADABLE',
    retryable: true,
    message: `Whether a campaign is to pause or stop cannot be read from ${name}: ${why}; campaigns go on as before.`,
  })

export const createCampaignControl = (call: SignedCall, parameterName: string): CampaignControl => {
  const read = createParameterReader(call, parameterName)
  return {
    wishFor: async (execution) => {
      const reading = await read()
      if ('why' in reading) throw unreadable(parameterName, reading.why)
      if (reading.text === undefined) return undefined
      const wishes = readWishes(reading.text)
      if (wishes === undefined) throw unreadable(parameterName, 'it holds something else')
      return Object.hasOwn(wishes, execution) ? wishes[execution] : undefined
    },
  }
}
