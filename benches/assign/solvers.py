"""HiGHS and CP-SAT on one instance, and a check of an assignment that shares nothing with the kernel.

python solvers.py INSTANCE SECONDS [highs|cpsat ...] < ANSWER prints one line of JSON. INSTANCE is of generate.mjs; ANSWER,
if not empty, is the kernel's. Needs highspy and ortools from PyPI.
"""

import json
import sys
import time


def options(instance):
    """Allowed (player, build number, group), after pins."""
    pins = {}
    for it in instance.get("constraints", []):
        if it["kind"] in ("pin_subgroup", "pin_build"):
            pins.setdefault(it["player"], []).append(it)
    for player, owned in enumerate(instance["players"]):
        for build in range(len(owned)):
            for group in range(instance["G"]):
                fits = all(
                    (it["kind"] != "pin_subgroup" or it["subgroup"] == group)
                    and (it["kind"] != "pin_build" or it["build"] == build)
                    for it in pins.get(player, [])
                )
                if fits:
                    yield player, build, group


ROLES = ["pri", "sec", "dps", "strip"]


def rows(instance):
    """Everything linear, as (terms, least, greatest): terms are pairs of a factor and an option."""
    all_options = list(options(instance))
    of = instance["players"]
    kind = lambda o: of[o[0]][o[1]][0]
    for player in range(instance["n"]):
        yield [(1, o) for o in all_options if o[0] == player], None, 1
    for group in range(instance["G"]):
        yield [(1, o) for o in all_options if o[2] == group], None, instance["cap"]
    for it in instance.get("constraints", []):
        name = it["kind"]
        if name in ("plays", "pin_subgroup", "pin_build"):
            yield [(1, o) for o in all_options if o[0] == it["player"]], 1, None
        elif name == "apart":
            for group in range(instance["G"]):
                yield [(1, o) for o in all_options if o[0] in it["players"] and o[2] == group], None, 1
        elif name == "together":
            first = it["players"][0]
            for other in it["players"][1:]:
                for group in range(instance["G"]):
                    one = [(1, o) for o in all_options if o[0] == first and o[2] == group]
                    two = [(-1, o) for o in all_options if o[0] == other and o[2] == group]
                    yield one + two, 0, 0
        elif name in ("role_min", "role_max"):
            terms = [(1, o) for o in all_options if instance["builds"][kind(o)]["role"] == ROLES[it["role"]]]
            yield terms, it.get("min"), it.get("max")
        elif name == "copies":
            yield [(1, o) for o in all_options if kind(o) == it["specialization"]], None, it["max"]
        elif name == "squad_size":
            yield [(1, o) for o in all_options], None, it["max"]
        elif name == "bench_max":
            yield [(1, o) for o in all_options], instance["n"] - it["max"], None
        else:
            raise ValueError(name)


def coverages(instance):
    """(weight, target, terms) of each party function in each group, and of each squad function."""
    all_options = list(options(instance))
    of = instance["players"]
    for key, members in (("p", range(instance["G"])), ("s", [None])):
        targets, weights = (instance["PT"], instance["PW"]) if key == "p" else (instance["ST"], instance["SW"])
        for k, (target, weight) in enumerate(zip(targets, weights)):
            for group in members:
                terms = [
                    (instance["builds"][of[o[0]][o[1]][0]][key][k], o)
                    for o in all_options
                    if group is None or o[2] == group
                ]
                yield weight, target, [(units, o) for units, o in terms if units]


def preference(instance, o):
    return 20 * instance["players"][o[0]][o[1]][1]


def highs(instance, seconds):
    import highspy

    model = highspy.Highs()
    model.setOptionValue("output_flag", False)
    model.setOptionValue("time_limit", float(seconds))
    model.setOptionValue("threads", 1)
    x = {o: model.addBinary(obj=preference(instance, o)) for o in options(instance)}
    for terms, least, greatest in rows(instance):
        total = sum((factor * x[o] for factor, o in terms), start=0 * next(iter(x.values())))
        if least is not None:
            model.addConstr(total >= least)
        if greatest is not None:
            model.addConstr(total <= greatest)
    for weight, target, terms in coverages(instance):
        covered = model.addVariable(lb=0, ub=target, obj=weight)
        model.addConstr(covered <= sum((units * x[o] for units, o in terms), start=0 * covered))
    model.changeObjectiveSense(highspy.ObjSense.kMaximize)
    model.run()
    info = model.getInfo()
    score = info.objective_function_value
    # Nothing found in time.
    return round(score) if abs(score) < 1e15 else 0, info.mip_dual_bound


def cpsat(instance, seconds):
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    x = {o: model.NewBoolVar("") for o in options(instance)}
    for terms, least, greatest in rows(instance):
        total = sum(factor * x[o] for factor, o in terms)
        if least is not None:
            model.Add(total >= least)
        if greatest is not None:
            model.Add(total <= greatest)
    goal = [preference(instance, o) * x[o] for o in x]
    for weight, target, terms in coverages(instance):
        covered = model.NewIntVar(0, target, "")
        model.Add(covered <= sum(units * x[o] for units, o in terms))
        goal.append(weight * covered)
    model.Maximize(sum(goal))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 1
    solver.Solve(model)
    return round(solver.ObjectiveValue()), solver.BestObjectiveBound()


def check(instance, answer):
    """The score of the kernel's assignment, or what is wrong with it."""
    chosen = {(player, seat[1], seat[0]) for player, seat in enumerate(answer["placements"]) if seat}
    if not chosen <= set(options(instance)):
        return None, "a pin is broken"
    for terms, least, greatest in rows(instance):
        total = sum(factor for factor, o in terms if o in chosen)
        if (least is not None and total < least) or (greatest is not None and total > greatest):
            return None, f"{total} is not within {least} and {greatest}"
    score = sum(preference(instance, o) for o in chosen)
    for weight, target, terms in coverages(instance):
        score += weight * min(target, sum(units for units, o in terms if o in chosen))
    return score, None


def main():
    path, seconds, *names = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        instance = json.load(file)
    text = sys.stdin.read().strip()
    found = {}
    if text:
        answer = json.loads(text)
        score, wrong = check(instance, answer)
        found["kernel"] = {"score": score, "wrong": wrong, "said": answer["score"], "bound": answer.get("bound")}
    for name in names:
        start = time.perf_counter()
        score, bound = {"highs": highs, "cpsat": cpsat}[name](instance, float(seconds))
        found[name] = {"score": score, "bound": bound, "seconds": round(time.perf_counter() - start, 1)}
    print(json.dumps(found))


main()
