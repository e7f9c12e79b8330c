// Whether AWS let the caller do it at all, as the adapters' messages say: by AWS's name, or by the status where a call is signed here.
import type { Fault } from '../../lambda/core/base/fault.ts'

export const isCallDenied = ({ message }: Pick<Fault, 'message'>): boolean => /AccessDenied|status 403/.test(message)
