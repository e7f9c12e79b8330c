// The same answer for functions that have undici in them: it sends the header that CloudFormation's own module sends, an empty content type.
import { request } from 'undici'
import { answerCloudFormation, type Put, type ResourceAnswer } from './answer.ts'

const put: Put = async (url, body, timeoutMs) => {
  const response = await request(url, {
    method: 'PUT',
    headers: { 'content-type': '', 'content-length': String(Buffer.byteLength(body)) },
    body,
    signal: AbortSignal.timeout(timeoutMs),
  })
  await response.body.dump()
  return response.statusCode
}

/** @throws Fault ANSWER_NOT_TAKEN */
export const answerByUndici = (answer: ResourceAnswer): Promise<void> => answerCloudFormation(answer, put)
