// Where the freeze stands: one parameter of Systems Manager, read by every function that rotations begin in or are asked for by.
import { defined } from '../core/base/defined.ts'
import type { Reader } from './reader.ts'

export interface FreezeEnv {
  /** `/m2m/<stage>/freeze` */
  readonly parameter: string
  /** Where Systems Manager listens; absent: at AWS's own address. By the SDK's own variables, since no client of its reads them. */
  readonly endpoint?: string
}

export const readFreezeEnv = (reader: Reader): FreezeEnv => {
  const expected = 'the name of the parameter that holds the freeze, /m2m/<stage>/freeze'
  const parameter = reader.text('M2M_FREEZE_PARAMETER', expected)
  if (parameter !== '' && !/^\/[A-Za-z0-9_.\-/]+$/.test(parameter)) {
    reader.fault('M2M_FREEZE_PARAMETER', 'is malformed: expected /m2m/<stage>/freeze')
  }
  const endpoint = endpointOf(reader, 'SSM')
  return { parameter, ...defined({ endpoint }) }
}

/** The SDK's variables for the address of one service, the narrower one first. */
export const endpointOf = (
  reader: Reader,
  service: 'SSM' | 'LAMBDA' | 'DYNAMODB' | 'KMS' | 'S3' | 'SCHEDULER' | 'EVENTBRIDGE' | 'SNS',
): string | undefined => {
  const names = [`AWS_ENDPOINT_URL_${service}`, 'AWS_ENDPOINT_URL']
  for (const name of names) {
    const endpoint = reader.optional(name)
    if (endpoint === undefined) continue
    if (!URL.canParse(endpoint)) reader.fault(name, 'is malformed: expected a URL')
    return endpoint
  }
  return undefined
}

export const writeFreezeEnv = ({ parameter, endpoint }: FreezeEnv): Record<string, string> => ({
  M2M_FREEZE_PARAMETER: parameter,
  ...defined({ AWS_ENDPOINT_URL_SSM: endpoint }),
})
