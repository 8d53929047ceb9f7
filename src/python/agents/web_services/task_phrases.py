"""What people say when they want something done, by what they want: the data of task_classifier."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from common.contracts.task_routing import TaskType

PHRASES: Final = MappingProxyType(
    {
        TaskType.CHAT: """
            hello there
            hi how are you today
            good morning assistant
            good night sleep well
            thanks a lot that was kind
            tell me a joke
            how do you feel
            what is your name
            i am bored talk with me
            i feel sad today
            nice to meet you
            you are funny
            do you like music
            goodbye see you tomorrow
            i had a long day
        """,
        TaskType.CODE: """
            write a python function that sorts a list
            fix the bug in this code
            implement a class for a linked list in java
            why does my script raise an exception
            refactor this method
            write unit tests for the parser
            create a regular expression that matches dates
            write an sql query for the orders table
            debug this javascript program
            generate a bash script that renames files
            explain this stack trace
            convert this loop to a list comprehension
            write a program in rust that reads json
            compile error undefined variable
            add type hints to this api module
        """,
        TaskType.COMMAND: """
            turn on the light in the kitchen
            switch off the lamp
            open the music player
            close the window
            set a timer for five minutes
            start the washing machine
            stop the playback
            shut down the computer
            restart the service
            increase the volume
            lock the door
            run the backup now
            play the next song
            dim the lights
            turn the heating down
        """,
        TaskType.CREATIVE: """
            write a poem about the sea
            tell a story about a dragon
            compose a song for my sister
            invent a name for my cafe
            write a short fairy tale
            make up a slogan for a bakery
            write a birthday greeting for a friend
            imagine a world without clocks
            write lyrics about summer
            draft a love letter
            write a haiku
            brainstorm ideas for a novel
            describe a fantasy castle
            write a dialogue between two robots
        """,
        TaskType.FACT: """
            who wrote hamlet
            what is the capital of france
            when did the second world war end
            how tall is mount everest
            where is the amazon river
            who invented the telephone
            how many planets are there
            what is the boiling point of water
            what does photosynthesis mean
            define entropy
            which country has the largest population
            how far away is the moon
            what is the chemical symbol of gold
            who was the first president
            what year was rome founded
        """,
        TaskType.MATH: """
            calculate twelve times seven
            what is 15 percent of 80
            solve the equation x squared equals nine
            how much is 3 plus 4
            what is the square root of 144
            multiply 23 by 19
            divide 100 by 8
            integrate x squared
            what is the sum of 1 to 100
            compute the average of these numbers
            convert 10 miles to kilometres
            subtract 45 from 90
            find the derivative of sin x
            what is 2 to the power of 10
            add 17 and 25
        """,
        TaskType.MEMORY: """
            remember that the boiler was serviced in may
            when was the boiler serviced
            what did i tell you about my sister
            do you remember my birthday
            note that the keys are in the drawer
            where did i put my keys
            what did we talk about yesterday
            keep in mind that i am allergic to nuts
            save this for later
            forget what i said about the car
            what is my favourite colour
            remind me what i said about the garden
            store my phone number
            what do you know about me
        """,
        TaskType.REASONING: """
            why would prices rise when supply falls
            compare the pros and cons of both options
            which plan should i choose and why
            analyse the argument step by step
            think through this riddle
            if all cats are animals is tom an animal
            explain why the experiment failed
            evaluate the consequences of this decision
            plan the steps to move to another city
            what follows from these premises
            weigh the advantages of renting against buying
            solve this logic puzzle
            what would happen if the ice melted
            find the flaw in this reasoning
        """,
        TaskType.SUMMARY: """
            summarise this article
            give me a summary of the meeting
            shorten this text
            what are the key points of the report
            make this paragraph shorter
            condense the chapter into three sentences
            give me the gist of this document
            tldr
            summarize the conversation
            list the main ideas of the text
            write an abstract of this paper
            sum up what was said
            brief overview of the following email
        """,
        TaskType.TRANSLATION: """
            translate this sentence into german
            how do you say thank you in spanish
            what does bonjour mean in english
            translate good morning to french
            say this in italian
            put this letter into tagalog
            what is the japanese word for water
            translate from english to filipino
            how is cheese called in dutch
            give me the portuguese translation
            what does kumusta ka mean
            render this text in russian
            i need this in chinese
        """,
        TaskType.VISION: """
            what is in this picture
            describe the image
            who is in the photo
            read the text in this screenshot
            how many people are in the picture
            what colour is the car in the image
            recognise the face in front of the camera
            look at this photo
            is there a cat in this picture
            what does the sign in the image say
            scan this receipt
            identify the object on the photo
            what do you see through the camera
        """,
        TaskType.WEB: """
            search the web for train times
            open this website
            look up the weather online
            what is in the news today
            browse to this page and read it
            find articles on the internet about bees
            google the opening hours
            fetch this url
            download the web page
            what do the headlines say
            search online for a recipe
            visit the homepage of the city
            find a tutorial online about knitting
            check the link i sent
        """,
    }
)
