// AWS's runtime interface client, which builds a native addon: installed beside the bench, once, when a bench first needs it.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const here = fileURLToPath(new URL('.', import.meta.url))
export const nodePath = join(here, '../../node_modules/.bin/node')
export const ricPath = join(here, 'node_modules/aws-lambda-ric/index.mjs')

export const installRic = (): void => {
  if (existsSync(ricPath)) return
  console.error('aws-lambda-ric is built once: it needs cmake, make and a C++ compiler, and a minute or more …')
  const { status } = spawnSync('npm', ['ci', '--prefix', here], { stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0 || !existsSync(ricPath)) throw new Error('aws-lambda-ric could not be installed')
}
