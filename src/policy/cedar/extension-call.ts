// Constructors and methods of ip, decimal, datetime and duration. A constructor of a literal is read when the policy
// is compiled; one that cannot be read makes the policy err on every request, as the specification has it.
import { boolean, type Compiled, constant } from './compiled.ts'
import { dayOf, MS_PER_DAY, timeOfDay } from './datetime.ts'
import { EvaluationError, extensionError } from './evaluation-error.ts'
import { isInRange } from '#lib/network.ts'
import { isLoopback, isMulticast } from './ip-range.ts'
import { fitsLong } from './long.ts'
import { asAmount, asRange, asText, construct, type Parsed, type RuntimeValue } from './runtime-value.ts'

type Method = (self: RuntimeValue, other: RuntimeValue) => RuntimeValue

const decimals =
  (holds: (left: bigint, right: bigint) => boolean): Method =>
  (self, other) => {
    const left = asAmount(self, 'decimal')
    return holds(left, asAmount(other, 'decimal'))
  }

const wholeUnits =
  (unit: bigint): Method =>
  (self) =>
    asAmount(self, 'duration') / unit

interface Signature {
  readonly arity: 1 | 2
  readonly yields?: 'bool'
  readonly call: Method
}

const METHODS: ReadonlyMap<string, Signature> = new Map<string, Signature>([
  ['isIpv4', { arity: 1, yields: 'bool', call: (self) => asRange(self).bits === 32 }],
  ['isIpv6', { arity: 1, yields: 'bool', call: (self) => asRange(self).bits === 128 }],
  ['isLoopback', { arity: 1, yields: 'bool', call: (self) => isLoopback(asRange(self)) }],
  ['isMulticast', { arity: 1, yields: 'bool', call: (self) => isMulticast(asRange(self)) }],
  ['isInRange', { arity: 2, yields: 'bool', call: (self, other) => isInRange(asRange(self), asRange(other)) }],
  ['lessThan', { arity: 2, yields: 'bool', call: decimals((left, right) => left < right) }],
  ['lessThanOrEqual', { arity: 2, yields: 'bool', call: decimals((left, right) => left <= right) }],
  ['greaterThan', { arity: 2, yields: 'bool', call: decimals((left, right) => left > right) }],
  ['greaterThanOrEqual', { arity: 2, yields: 'bool', call: decimals((left, right) => left >= right) }],
  ['offset', { arity: 2, call: offset }],
  ['durationSince', { arity: 2, call: durationSince }],
  ['toDate', { arity: 1, call: (self) => datetime(dayOf(asAmount(self, 'datetime'))) }],
  ['toTime', { arity: 1, call: (self) => duration(timeOfDay(asAmount(self, 'datetime'))) }],
  ['toMilliseconds', { arity: 1, call: wholeUnits(1n) }],
  ['toSeconds', { arity: 1, call: wholeUnits(1_000n) }],
  ['toMinutes', { arity: 1, call: wholeUnits(60_000n) }],
  ['toHours', { arity: 1, call: wholeUnits(3_600_000n) }],
  ['toDays', { arity: 1, call: wholeUnits(MS_PER_DAY) }],
])

const CONSTRUCTORS: ReadonlySet<string> = new Set(['ip', 'decimal', 'datetime', 'duration'])

/** Throws a TypeError for a function that Cedar does not have. */
export function compileExtensionCall(name: string, args: readonly Compiled[]): Compiled {
  const method = METHODS.get(name)
  if (method === undefined && !CONSTRUCTORS.has(name)) throw new TypeError(`Cedar has no function ${name}`)
  const arity = method?.arity ?? 1
  const [self, other] = args
  if (self === undefined || args.length !== arity) return wrongArity(name, arity, args)
  if (method === undefined) return constructor(name, self)
  const { call, yields } = method
  const run = (frame: Parameters<Compiled['run']>[0]) => {
    const value = self.run(frame)
    return call(value, other === undefined ? value : other.run(frame))
  }
  return yields === 'bool' ? boolean((frame) => run(frame) === true) : { run }
}

function constructor(name: string, argument: Compiled): Compiled {
  const text = argument.constant
  if (typeof text === 'string') {
    try {
      return constant(construct(name, text))
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
    }
  }
  return { run: (frame) => construct(name, asText(argument.run(frame))) }
}

function wrongArity(name: string, arity: number, args: readonly Compiled[]): Compiled {
  return {
    run: (frame) => {
      for (const arg of args) arg.run(frame)
      throw new EvaluationError(`\`${name}\` takes ${arity} argument(s), ${args.length} given`)
    },
  }
}

function offset(self: RuntimeValue, by: RuntimeValue): Parsed {
  const instant = asAmount(self, 'datetime') + asAmount(by, 'duration')
  if (!fitsLong(instant)) throw extensionError('offset', 'overflows when adding an offset')
  return datetime(instant)
}

function durationSince(self: RuntimeValue, other: RuntimeValue): Parsed {
  const amount = asAmount(self, 'datetime') - asAmount(other, 'datetime')
  if (!fitsLong(amount)) throw extensionError('durationSince', 'overflows when computing the duration')
  return duration(amount)
}

function datetime(amount: bigint): Parsed {
  return { parsed: 'datetime', amount }
}

function duration(amount: bigint): Parsed {
  return { parsed: 'duration', amount }
}
