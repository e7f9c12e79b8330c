// The next version of the campaign's code, for tests of a deployment: the same, but that it says so in its log.
import { handler as campaign } from '../../../lambda/handlers/on-campaign.ts'

export const handler: typeof campaign = async (event, context) => {
  console.log(JSON.stringify({ code: 'next', version: context.functionVersion }))
  return campaign(event, context)
}
