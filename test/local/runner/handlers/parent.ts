// A parent for the test of a parent's death: starts a lambda, prints the pid of its process, and waits to be killed.
import { startLambda } from '../../../../lambda/local/runner/lambda-runner.ts'

const lambda = startLambda({
  modulePath: new URL('./sample.ts', import.meta.url).pathname,
  env: {},
  timeoutMs: 60_000,
  onLog: () => {},
})
const { value } = (await lambda.invoke({})) as { value: { pid: number } }
console.log(value.pid)
await lambda.invoke({ do: 'sleep', ms: 60_000 })
