// `npm run bench:verifier`: what verifying a token takes beside a vendor that answers, and beside one that accepts every connection and answers
// none: one token by each in turn, so that what the machine does meanwhile falls on both. The verifier is the package's own, over HTTP; its clock
// is moved, so that the list of revocations is as old as it would be after a longer outage.
import { generateKeyPairSync, sign } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createLocalJWKSet } from 'jose'
import { createRevocations, createVerifier, type Verify } from '../lambda/client/index.ts'
import { compactJws, signingInputOf } from '../lambda/core/base/jws.ts'
import { REVOCATIONS_TYPE, VALID_MS } from '../lambda/core/revocations/document.ts'
import { type Bench, integer, median, quantile, runAlone } from './report.ts'

const PROJECT_ID = 'project-live-00000000-0000-4000-8000-000000000000'
const CLIENT_ID = 'm2m-client-live-00000000-0000-4000-8000-000000000000'
const BOUND_MS = 1

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token as Stytch issues one, and the keys to verify it with. */
const makeToken = () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const iat = Math.floor(Date.now() / 1000)
  const claims = {
    sub: CLIENT_ID,
    aud: [PROJECT_ID],
    iss: `stytch.com/${PROJECT_ID}`,
    iat,
    exp: iat + 3600,
    scope: 'a',
  }
  const body = `${part({ alg: 'RS256', typ: 'JWT', kid: 'bench' })}.${part(claims)}`
  const token = `${body}.${sign('RSA-SHA256', Buffer.from(body), privateKey).toString('base64url')}`
  return {
    token,
    keys: createLocalJWKSet({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'bench', alg: 'RS256' }] }),
  }
}

/** A vendor that serves a signed list, until it hangs. */
const startVendor = async () => {
  const { privateKey: key, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const at = Math.floor(Date.now() / 1000)
  // As many as an incident of a thousand clients leaves there.
  const clients = Array.from({ length: 1_000 }, (_, n) => ({ id: `m2m-client-live-${n}`, notBefore: at }))
  const input = signingInputOf(REVOCATIONS_TYPE, 'bench', { version: 1, at, validUntil: at + VALID_MS / 1000, clients })
  const list = compactJws(input, sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }))
  const vendor = { isHanging: false, asked: 0 }
  const server = createServer((_message, response) => {
    vendor.asked += 1
    if (!vendor.isHanging) response.writeHead(200, { etag: '"1"' }).end(list)
  })
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done)
  })
  const { port } = server.address() as AddressInfo
  return Object.assign(vendor, {
    url: `http://127.0.0.1:${port}/v1`,
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64'),
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  })
}

type Vendor = Awaited<ReturnType<typeof startVendor>>

/** One by each in turn, for so long: the pauses after a failure, and its timeout, are in it. */
const verifyFor = async (pair: readonly [Verify, Verify], token: string, forMs: number) => {
  const took: readonly [number[], number[]] = [[], []]
  const until = performance.now() + forMs
  for (let turn = 0; performance.now() < until; turn += 1) {
    for (const [which, verify] of pair.entries()) {
      const begun = performance.now()
      await verify(token)
      took[which]?.push(performance.now() - begun)
    }
    // What else a service does: sockets and timers are looked at in between.
    if (turn % 50 === 0) await new Promise(setImmediate)
  }
  return took
}

export const benchVerifier: Bench = async ({ isQuick }) => {
  const forMs = isQuick ? 7_000 : 30_000
  const [answering, hanging] = [await startVendor(), await startVendor()]
  const { token, keys } = makeToken()
  let aheadMs = 0
  const elapsed = () => performance.now() + aheadMs
  const verifierOf = ({ url, publicKey }: Vendor): Verify =>
    createVerifier({
      projectId: PROJECT_ID,
      keys,
      elapsed,
      revocations: createRevocations({
        url,
        region: 'eu-west-1',
        credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'example' },
        publicKey,
        elapsed,
      }),
    })
  const pair = [verifierOf(answering), verifierOf(hanging)] as const
  try {
    await verifyFor(pair, token, 2_000)
    hanging.isHanging = true
    const phases: { readonly name: string; readonly took: readonly [number[], number[]]; readonly asked: number }[] = []
    for (const [name, olderMs] of [
      ['half a minute old', 31_000],
      ['half an hour old', 1_800_000],
    ] as const) {
      aheadMs += olderMs
      const before = hanging.asked
      phases.push({ name, took: await verifyFor(pair, token, forMs), asked: hanging.asked - before })
    }
    const shown = (ms: number): string => ms.toFixed(3)
    return {
      tables: [
        {
          title: 'Verifying a token with the list of revocations, the vendor answering and hanging by turns',
          columns: [
            'the hanging vendor’s list',
            'verified by each',
            'p50 answering, hanging, ms',
            'p99 answering, hanging, ms',
            'p99 added, ms',
            'longest, hanging, ms',
            'requests to the hanging vendor',
          ],
          rows: phases.map(({ name, took: [beside, under], asked }) => {
            const addedMs = quantile(under, 0.99) - quantile(beside, 0.99)
            const both = (part: number): string => `${shown(quantile(beside, part))}, ${shown(quantile(under, part))}`
            return [
              name,
              integer(under.length),
              both(0.5),
              both(0.99),
              addedMs < BOUND_MS ? shown(addedMs) : `**${shown(addedMs)}**`,
              shown(quantile(under, 1)),
              integer(asked),
            ]
          }),
          notes: [
            `The bound is ${BOUND_MS} ms added at p99. The vendor accepts connections and answers none; each request to it ends after its timeout of 5 s.`,
            'Where the list is older than a minute and nothing has failed yet, one request waits a quarter of a second, once.',
          ],
        },
      ],
      ratios: Object.fromEntries(
        phases
          .slice(0, 1)
          .map(({ took: [beside, under] }) => [
            'verifier: p50 while the vendor hangs, of while it answers',
            median(under) / median(beside),
          ]),
      ),
    }
  } finally {
    answering.close()
    hanging.close()
  }
}

if (import.meta.main) await runAlone(benchVerifier)
