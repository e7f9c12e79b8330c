// A GitHub App's private key as people store it: the PEM that GitHub hands out (PKCS#1), PKCS#8, with its line ends as \n, as spaces or gone,
// or in base64 once more. No fault repeats anything of it: OpenSSL's own may.
import { createPrivateKey, type KeyObject } from 'node:crypto'
import { ok, type Result, refused } from '../../core/base/result.ts'

const PEM = /-----BEGIN ([A-Z0-9 ]{1,40})-----([\s\S]*?)-----END \1-----/
const BASE64 = /^[A-Za-z0-9+/=\s]+$/

const unwrapped = (text: string): string =>
  BASE64.test(text) ? Buffer.from(text, 'base64').toString('utf8') : text.replaceAll(/\\r|\\n/g, '\n')

/** With its line ends where PEM has them. */
const wrapped = (kind: string, body: string): string =>
  [
    `-----BEGIN ${kind}-----`,
    ...(body.replaceAll(/\s/g, '').match(/.{1,64}/g) ?? []),
    `-----END ${kind}-----`,
    '',
  ].join('\n')

const toKey = (pem: string): KeyObject | undefined => {
  try {
    return createPrivateKey(pem)
  } catch {
    return undefined
  }
}

/** @returns the RSA key, or what is wrong with the text. */
export const readPrivateKey = (text: string): Result<KeyObject, string> => {
  const [, kind, body = ''] = PEM.exec(unwrapped(text)) ?? []
  if (kind === undefined) return refused('it holds no whole PEM')
  if (!kind.endsWith('PRIVATE KEY')) return refused('its PEM is no private key')
  if (kind.startsWith('ENCRYPTED') || body.includes('ENCRYPTED'))
    return refused('it is encrypted: store it without a passphrase')
  const key = toKey(wrapped(kind, body))
  if (key === undefined) return refused('its PEM cannot be read')
  return key.asymmetricKeyType === 'rsa' ? ok(key) : refused('it is no RSA key')
}
