// A fleet of any size at once: managed secrets, each settled, and their clients at Stytch, put into the stand-ins without a call. For benches
// of what looks at all of them. And how much memory a function's process came to at most.
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { makeRequestToken } from '../../lambda/core/secret/request-token.ts'
import { TAG } from '../../lambda/core/secret/secret-tags.ts'
import { LAPTOP_PREFIX } from '../../lambda/local/laptop/deployment.ts'
import type { Laptop } from '../../lambda/local/laptop/laptop.ts'

export const seedFleet = ({ aws, stytch, address, world }: Laptop, clients: number): void => {
  const now = world.clock.now()
  for (let at = 0; at < clients; at += 1) {
    const clientId = `m2m-client-test-bench-${String(at).padStart(6, '0')}`
    const name = `${LAPTOP_PREFIX}bench-${String(at).padStart(6, '0')}`
    const about = { origin: 'register', askedAt: now, secretArn: name, about: clientId, attempt: 1 } as const
    const secret = randomBytes(33).toString('base64url')
    const secretArn = aws.seed({
      name,
      versionId: makeRequestToken(about),
      text: JSON.stringify({
        client_id: clientId,
        client_secret: secret,
        project_id: address.project_id,
        token_url: `${address.stytch}/v1/public/${address.project_id}/oauth2/token`,
      }),
      tags: { [TAG.client]: clientId, [TAG.scopes]: 'read:things' },
      rotationFunctionArn: address.rotation_lambda_arn,
    })
    stytch.seed({ clientId, secret, scopes: ['read:things'], trustedMetadata: { managed_by: secretArn } })
  }
}

export interface Spent {
  /** The most that any process of the function has held. */
  readonly peakMb: number
  /** User and system, of all of them, their starts included. */
  readonly cpuSeconds: number
}

/** Linux counts CPU time in hundredths of a second (USER_HZ). */
const TICKS_A_SECOND = 100

/** What a function's processes have taken so far; NaN where there is no /proc, or no such process. */
export const spentBy = (functionName: string): Spent => {
  const processes = readdirSync('/proc').flatMap((pid) => {
    try {
      const isIt =
        /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(`lambda ${functionName}`)
      if (!isIt) return []
      const [, kB = ''] = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
      // Behind the name in brackets, which may hold anything: utime is the 12th field, stime the 13th.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
      return [{ peakMb: Number(kB) / 1024, cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND }]
    } catch {
      return []
    }
  })
  if (processes.length === 0) return { peakMb: Number.NaN, cpuSeconds: Number.NaN }
  return {
    peakMb: Math.max(...processes.map(({ peakMb }) => peakMb)),
    cpuSeconds: processes.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
  }
}
