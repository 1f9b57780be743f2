type IsAny<T> = 0 extends 1 & T ? true : false

/**
 * Result of a wrapped agent: a Promise of the function's result or, for any generator, an object that can be read at once. A promise with
 * its own methods keeps them.
 */
export type Instrumented<Result> =
  IsAny<Result> extends true ? Result : [Result] extends [never] ? Promise<never> : Distributed<Result>

type Distributed<Result> =
  Result extends PromiseLike<infer Value>
    ? Promise<Value> extends Result
      ? Promise<Awaited<Result>>
      : Result & Promise<Awaited<Result>>
    : Result extends AsyncIterator<unknown, unknown, never>
      ? Result
      : Result extends AsyncIterable<infer Chunk>
        ? // A type that a generator has as well: one may be returned
          AsyncGenerator<Chunk> extends Result
          ? Result
          : Promise<Result> & AsyncIterable<Chunk>
        : OfSynchronous<Result>

type OfSynchronous<Result> =
  Result extends Iterator<infer Chunk, infer Return, infer Sent>
    ? Generator<Chunk, Return, Sent> extends Result
      ? AsyncGenerator<Chunk, Return, Sent>
      : Result extends Generator
        ? AsyncGenerator<Chunk, Return, Sent>
        : Promise<Result> & AsyncIterable<Chunk>
    : Result extends Iterable<infer Chunk>
      ? Generator<Chunk> extends Result
        ? AsyncIterable<Chunk>
        : Promise<Awaited<Result>>
      : Promise<Awaited<Result>>

/** Any function; for constraints. */
export type AnyFunction = (...args: never) => unknown

/** A function with its own properties or overloads, which a plain signature would lose. */
export type IsSpecial<Fn> = [keyof Fn] extends [never] ? IsOverloaded<Fn> : true

type IsOverloaded<Fn> = Fn extends { (...args: infer A): infer R; (...args: infer B): infer S }
  ? unknown extends R
    ? false
    : [A, R, B, S] extends [B, S, A, R]
      ? false
      : true
  : false

/** A wrapper of `Fn` with its own properties and up to four of its overloads, the last ones if there are more. */
export type InstrumentedFunction<Fn> = Overloads<Fn> & { readonly [Key in keyof Fn]: Fn[Key] }

type Signature<This, Args extends unknown[], Result> = (this: This, ...args: Args) => Instrumented<Result>
/** An overload; what TypeScript makes up where there are fewer is left out. */
type Overload<This, Args extends unknown[], Result> = unknown[] extends Args ? unknown : Signature<This, Args, Result>

// prettier-ignore
type Overloads<Fn> =
  Fn extends { (this: infer T1, ...args: infer A1): infer R1; (this: infer T2, ...args: infer A2): infer R2; (this: infer T3, ...args: infer A3): infer R3; (this: infer T4, ...args: infer A4): infer R4 }
    ? Overload<T1, A1, R1> & Overload<T2, A2, R2> & Overload<T3, A3, R3> & Signature<T4, A4, R4>
    : Fn extends { (this: infer T1, ...args: infer A1): infer R1; (this: infer T2, ...args: infer A2): infer R2; (this: infer T3, ...args: infer A3): infer R3 }
      ? Overload<T1, A1, R1> & Overload<T2, A2, R2> & Signature<T3, A3, R3>
      : Fn extends { (this: infer T1, ...args: infer A1): infer R1; (this: infer T2, ...args: infer A2): infer R2 }
        ? Overload<T1, A1, R1> & Signature<T2, A2, R2>
        : Fn extends (this: infer T1, ...args: infer A1) => infer R1
          ? Signature<T1, A1, R1>
          : never

/** Copies the name, the length and the own properties of `wrapped` to `wrapper`, and returns it. */
export function keepIdentity<Wrapper extends object>(wrapper: Wrapper, wrapped: object): Wrapper {
  const { prototype: _, ...own } = Object.getOwnPropertyDescriptors(wrapped) as Record<string, PropertyDescriptor>
  return Object.defineProperties(wrapper, own)
}
