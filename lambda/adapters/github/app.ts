// A GitHub App's way to a token: its own JWT, signed by its private key, exchanged for an installation's token that may read one
// repository's secret-scanning alerts and nothing else, whatever the App may. Tokens are used at once and never kept.
import type { KeyObject } from 'node:crypto'
import { SignJWT } from 'jose/jwt/sign'
import { Fault } from '../../core/base/fault.ts'
import type { GithubAlertPlace } from '../../core/intake/leak-alert.ts'
import { callGithub } from './http.ts'

export interface GithubApp {
  readonly appId: string
  readonly key: KeyObject
}

/** GitHub takes ten minutes at most; its clock and ours differ by seconds. */
const JWT_BACKDATED_SECONDS = 60
const JWT_VALID_SECONDS = 540

/** RS256. @param now epoch milliseconds. */
export const makeAppJwt = ({ appId, key }: GithubApp, now: number): Promise<string> => {
  const at = Math.floor(now / 1000)
  return new SignJWT()
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .setIssuedAt(at - JWT_BACKDATED_SECONDS)
    .setExpirationTime(at + JWT_VALID_SECONDS)
    .setIssuer(appId)
    .sign(key)
}

const notAllowed = (what: string): Fault =>
  new Fault({ code: 'ALERT_NOT_FETCHED', retryable: false, message: `GitHub's answer to ${what} held no ${what}.` })

export const installationToken = async (
  baseUrl: string,
  jwt: string,
  { repository, installationId }: GithubAlertPlace,
): Promise<string> => {
  const what = 'the installation'
  const id =
    installationId ??
    (await callGithub(baseUrl, { method: 'GET', path: `/repos/${repository}/installation`, token: jwt, what })).id
  if (typeof id !== 'number') throw notAllowed(what)
  const { token } = await callGithub(baseUrl, {
    method: 'POST',
    path: `/app/installations/${id}/access_tokens`,
    token: jwt,
    body: { repositories: [repository.split('/')[1] ?? ''], permissions: { secret_scanning_alerts: 'read' } },
    what: "the installation's token",
  })
  if (typeof token !== 'string' || token === '') throw notAllowed("installation's token")
  return token
}
