// Lambda's Invoke as functions and the command line use it: a reply comes when the called function has ended, minutes later at worst, and nothing comes
// before. So no timeout holds but that of each call.

import { createPatientSettings } from './clients.ts'
import { createInvoke, type Invoke } from './invoke.ts'
import { createSignedCall } from './signed-call.ts'

/**
 * @param endpoint where Lambda listens; undefined: at AWS's own address
 * @param clock of another client, which has seen by AWS's replies how far this machine's is off. @default - this machine's
 */
export const createInvoking = (endpoint: string | undefined, clock?: { readonly systemClockOffset: number }): Invoke =>
  createInvoke(createSignedCall(createPatientSettings(), { service: 'lambda', endpoint }, clock))
