// One HTTP call to GitHub's REST API, by undici: bounded, not repeated, no redirect followed. A failure says the operation and the
// status; nothing of a reply's body is ever repeated, since a reply may hold what leaked.
import { request } from 'undici'
import { Fault } from '../../core/base/fault.ts'
import { type JsonObject, parseJsonObject } from '../../core/base/json-object.ts'

const TIMEOUT_MS = 5000

interface GithubCall {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly token: string
  readonly body?: JsonObject
  /** For the message of a failure. */
  readonly what: string
}

const failed = (what: string, why: string): Fault =>
  new Fault({
    code: 'ALERT_NOT_FETCHED',
    retryable: true,
    message: `GitHub did not answer ${what}: ${why}.`,
  })

const headersFor = (token: string): Record<string, string> => ({
  accept: 'application/vnd.github+json',
  authorization: `Bearer ${token}`,
  'content-type': 'application/json',
  'user-agent': 'm2m-secret-rotation',
  'x-github-api-version': '2022-11-28',
})

/** @throws Fault ALERT_NOT_FETCHED */
export const callGithub = async (
  baseUrl: string,
  { method, path, token, body, what }: GithubCall,
): Promise<JsonObject> => {
  let status: number
  let text: string
  try {
    const response = await request(`${baseUrl}${path}`, {
      method,
      headers: headersFor(token),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    })
    status = response.statusCode
    text = await response.body.text()
  } catch (error) {
    const { code } = error as { code?: unknown }
    throw failed(what, typeof code === 'string' ? code : error instanceof Error ? error.name : 'unknown')
  }
  if (status !== 200 && status !== 201) throw failed(what, `HTTP ${status}`)
  const json = parseJsonObject(text)
  if (json === undefined) throw failed(what, 'no JSON object')
  return json
}
