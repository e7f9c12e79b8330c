// One call of AWS's query protocol, as a script sends it. Not a test itself.
import type { SignedCall, SignedReply } from '../../../lambda/adapters/aws/signed-call.ts'
import { queryRequest } from '../../../scripts/verify-live/query-call.ts'

export const callOf = (
  call: SignedCall,
  action: string,
  parameters: Readonly<Record<string, string>>,
): Promise<SignedReply> => call(queryRequest('any', action, parameters), 1000)
