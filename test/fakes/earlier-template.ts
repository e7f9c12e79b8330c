// The stage from which updates are tried: the template that an earlier commit makes of test/fixtures/upgrade/laptop.config.json. It is of the last
// commit whose stack publishes no list of revocations (docs/upgrading.md), so that an update adds a key and a bucket, takes a function off a route, and
// changes most roles. `node scripts/upgrade-fixture.ts COMMIT` makes it anew once a release is out.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { readStackFile, type StackFile } from '../../lambda/local/stack/stack-file.ts'

const at = (name: string): URL => new URL(`../fixtures/upgrade/${name}`, import.meta.url)

/** As `m2m` in cdk.json. */
export const upgradeConfig = JSON.parse(readFileSync(at('laptop.config.json'), 'utf8')) as Readonly<
  Record<string, unknown>
>

export const earlierStackFile = (): StackFile => {
  const file = readStackFile(JSON.parse(gunzipSync(readFileSync(at('laptop.json.gz'))).toString('utf8')))
  if (file === undefined) throw new Error('The fixture is no synthesised stack.')
  return file
}
