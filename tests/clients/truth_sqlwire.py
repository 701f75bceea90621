"""psycopg asks many statements as many people, and prints what each heard as JSON."""
import json
import sys

import psycopg

port, questions = sys.argv[1:3]
place = f"host=127.0.0.1 port={port} dbname=cuulong sslmode=require"
answers = []
connections = {}
for question in json.load(open(questions)):
    user = question["user"]
    if user not in connections:
        words = {"user": user}
        if question["password"]:
            words["password"] = question["password"]
        connections[user] = psycopg.connect(place, autocommit=True, **words)
    connection = connections[user]
    try:
        known = question["as_known_at"]
        if known:
            connection.execute(f"set cuulong.as_known_at to '{known}'")
        else:
            connection.execute("set cuulong.as_known_at to default")
        rows = connection.execute(question["sql"]).fetchall()
        told = [[cell.isoformat() if hasattr(cell, "isoformat") else cell for cell in row] for row in rows]
        answers.append({"rows": told})
    except psycopg.Error as error:
        answers.append({"state": error.sqlstate, "said": str(error)})
print(json.dumps(answers))
